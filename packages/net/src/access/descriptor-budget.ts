import { fstatSync, readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

import { descriptorOf, type NativeSocket } from '@sockyard/posix/socket'

/** What stays free of a large limit: more than 32 rejections, 64 admin connections and a few files need. */
const LARGEST_RESERVE = 128
/** Of what is free when the first service listens. */
const RESERVED_SHARE = 1 / 4

/** What a process may have open (RLIMIT_NOFILE, getrlimit(2)), and has. */
export interface DescriptorUse {
  /** Infinity where there is no limit, or none can be read. */
  limit: number
  /** The numbers of those that are open, below the limit. */
  open: readonly number[]
}

/**
 * How the descriptors of a process are shared out: connections may use all but a reserve, so that rejected ones can
 * be told why, and the admin endpoint, the log, DNS and files find one whatever clients do.
 *
 * It needs no count of what each service, thread or library has open: a new descriptor has the lowest free number
 * (open(2)), so that its number says how many are in use.
 */
export class DescriptorBudget {
  readonly use: DescriptorUse
  readonly #reserve: number

  constructor(use: DescriptorUse) {
    this.use = use
    const free = Math.max(0, use.limit - use.open.length)
    // A single one is for a connection.
    this.#reserve = free < 2 ? 0 : Math.min(LARGEST_RESERVE, Math.ceil(free * RESERVED_SHARE))
  }

  /** How many connections there is room for beside what was open at first. */
  get connections(): number {
    const end = this.use.limit - this.#reserve
    return end - this.use.open.filter((number) => number < end).length
  }

  /** How many connections the admin endpoint may have: half of the reserve. */
  get adminConnections(): number {
    return Math.max(1, Math.floor(this.#reserve / 2))
  }

  /** Whether a connection that was accepted may be served. */
  admits(socket: Socket | NativeSocket): boolean {
    return this.#leaves(socket, this.#reserve)
  }

  /** Whether one that is rejected may stay open until it has the reason: a quarter of the reserve is for those. */
  hasRoomForRejection(socket: Socket | NativeSocket): boolean {
    return this.#leaves(socket, Math.ceil((this.#reserve * 3) / 4))
  }

  #leaves(socket: Socket | NativeSocket, free: number): boolean {
    const { limit } = this.use
    return limit === Number.POSITIVE_INFINITY || descriptorOf(socket) < limit - free
  }
}

let ofThisProcess: DescriptorBudget | undefined

/** The one budget of this process, by what is open when it is asked for first: all that listens. */
export function descriptorBudget(): DescriptorBudget {
  return (ofThisProcess ??= new DescriptorBudget(descriptorUse()))
}

/** Without /proc nothing is known, and nothing limited. */
function descriptorUse(): DescriptorUse {
  const limit = descriptorLimit()
  if (limit === Number.POSITIVE_INFINITY) return { limit, open: [] }
  const open = readdirSync('/proc/self/fd').map(Number)
  // The directory itself, the last that was opened, is closed again.
  return { limit, open: open.filter((number) => number < limit && isOpen(number)) }
}

function isOpen(number: number): boolean {
  try {
    fstatSync(number)
    return true
  } catch {
    return false
  }
}

/**
 * How many descriptors this process may have open (RLIMIT_NOFILE, getrlimit(2); Node raises the soft limit to the
 * hard one as it starts). Infinity where there is no limit, or none can be read.
 */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

interface WarningLog {
  warn(fields: object, message: string): void
}

let hasWarned = false

/** Warns, once a process, when there may not be as many connections as were asked for. */
export function warnOfFewDescriptors(log: WarningLog, maxConnections: number): void {
  const { use, connections } = descriptorBudget()
  if (hasWarned || connections >= maxConnections) return
  hasWarned = true
  const advice = 'raise the limit of open files (ulimit -n), or lower --max-connections'
  const { limit, open } = use
  log.warn({ limit, inUse: open.length, connections, maxConnections, advice }, 'few descriptors')
}
