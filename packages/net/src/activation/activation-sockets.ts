import { fstatSync } from 'node:fs'

import type { InheritedSocket } from '@sockyard/posix/process'

import { ConfigurationError } from '../errors/errors.ts'
import { IdleExitTimer } from './idle-exit-timer.ts'

/** sd_listen_fds(3): SD_LISTEN_FDS_START, the first descriptor of those that are passed. */
const FIRST_DESCRIPTOR = 3

/** A socket with the name that the service manager has for it. */
export interface PassedSocket extends InheritedSocket {
  /** From LISTEN_FDNAMES (FileDescriptorName= in systemd.socket(5)); empty without one. */
  readonly name: string
}

/** What this process was started with. */
export interface PassedDescriptors {
  /** `inetd`: the socket of one service, for as long as there is work. `activation`: LISTEN_FDS. */
  readonly by: 'inetd' | 'activation' | undefined
  readonly sockets: readonly PassedSocket[]
  /** The peer of a passed connection, as set by the process that accepted it: it may be disconnected by now. */
  readonly remoteAddress: string | undefined
}

/** Nothing was passed: the service opens its own sockets. */
export const NOTHING_PASSED: PassedDescriptors = {
  by: undefined,
  sockets: [],
  remoteAddress: undefined,
}

/**
 * Takes the socket that inetd(8) or xinetd(8) has made our standard streams, before anything else happens to
 * them: they are released, so that no other output reaches the client.
 *
 * @param host the global `process`
 * @returns undefined when `--inetd` does not ask for it, or when standard input is no TCP or UDP socket
 */
export async function takeInetdSocket(
  host: NodeJS.Process,
): Promise<PassedDescriptors | undefined> {
  if (!isToldOfInetd(host)) return undefined
  const { nativeCallsWork } = await import('@sockyard/posix/ffi')
  if (!nativeCallsWork()) return endUnheard(host)
  const { takeInheritedSocket } = await import('@sockyard/posix/process')
  const socket = takeInheritedSocket(0)
  if (socket === undefined) return undefined
  const { detachStandardStreams } = await import('@sockyard/posix/process')
  detachStandardStreams()
  const remoteAddress = host.env['REMOTE_ADDR']
  return { by: 'inetd', sockets: [{ ...socket, name: '' }], remoteAddress }
}

/**
 * Takes the sockets that systemd or another service manager passes (sd_listen_fds(3)), and removes the variables
 * that tell of them.
 *
 * @param host the global `process`
 * @throws {ConfigurationError} when a passed descriptor is no TCP or UDP socket
 */
export async function takeActivatedSockets({
  env,
  pid,
}: NodeJS.Process): Promise<PassedDescriptors> {
  const names = passedNames(env, pid)
  const remoteAddress = env['REMOTE_ADDR']
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  if (names.length === 0) return NOTHING_PASSED
  return { by: 'activation', sockets: await takeNumbered(names), remoteAddress }
}

/** Standard error is the client's, and without koffi there is no syslog either: the exit code alone tells. */
function endUnheard(host: NodeJS.Process): undefined {
  if (fstatSync(0).isSocket()) host.exit(1)
}

/** Read from the plain arguments: an error about another option must not reach the client either. */
function isToldOfInetd({ argv, env }: NodeJS.Process): boolean {
  return argv.includes('--inetd') || /^(true|yes|on|1)$/i.test(env['SOCKYARD_INETD'] ?? '')
}

/**
 * One name a descriptor, in order; none when the variables are for another process (sd_listen_fds(3)).
 *
 * @throws {ConfigurationError} when LISTEN_FDS is not a number from 0 to 99999
 */
export function passedNames(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): string[] {
  const count = env['LISTEN_FDS']
  if (count === undefined || env['LISTEN_PID'] !== String(pid)) return []
  if (!/^\d{1,5}$/.test(count))
    throw new ConfigurationError('environment variable LISTEN_FDS', count, 'must be 0 to 99999')
  const names = env['LISTEN_FDNAMES']?.split(':') ?? []
  return Array.from({ length: Number(count) }, (_, index) => names[index] ?? '')
}

async function takeNumbered(names: readonly string[]): Promise<PassedSocket[]> {
  const { takeInheritedSocket } = await import('@sockyard/posix/process')
  return names.map((name, index) => {
    const number = FIRST_DESCRIPTOR + index
    const socket = takeInheritedSocket(number)
    if (socket !== undefined) return { ...socket, name }
    const what = `descriptor ${number} must be a TCP or UDP socket`
    throw new ConfigurationError('environment variable LISTEN_FDS', String(names.length), what)
  })
}

type Kind = PassedSocket['kind']
type Fits = (socket: PassedSocket) => boolean

const KINDS: Readonly<Record<Kind, string>> = {
  listener: 'a listening TCP socket',
  connection: 'a TCP connection',
  datagram: 'a UDP socket',
}

/** What all the views of one process's sockets share. */
interface Shared {
  readonly passed: PassedDescriptors
  readonly waiting: Set<PassedSocket>
  readonly work: IdleExitTimer
}

/**
 * The sockets that a service was started with, instead of opening its own. Each is taken once, by the server that
 * serves it.
 */
export class ActivationSockets {
  readonly #shared: Shared
  readonly #fits: Fits

  private constructor(shared: Shared, fits: Fits) {
    this.#shared = shared
    this.#fits = fits
  }

  /** @param idleMillis how long a process that inetd has started for many clients waits for another one */
  static of(passed: PassedDescriptors, idleMillis: number): ActivationSockets {
    const waiting = new Set(passed.sockets)
    const work = new IdleExitTimer(idleExitMillis(passed, idleMillis))
    return new ActivationSockets({ passed, waiting, work }, () => true)
  }

  /** Whether none was passed: the service then opens its own. */
  get isEmpty(): boolean {
    return this.#shared.passed.sockets.length === 0
  }

  /** Whether the process ends with its work, and others like it may run beside it. */
  get isTransient(): boolean {
    return isTransient(this.#shared.passed)
  }

  /** The peer of a passed connection (REMOTE_ADDR), as set by the process that accepted it. */
  get remoteAddress(): string | undefined {
    return this.#shared.passed.remoteAddress
  }

  /** Ends a process that inetd has started, once it is idle: `begin` and `end` enclose each connection. */
  get work(): IdleExitTimer {
    return this.#shared.work
  }

  /** Those of them that fit, for a service that serves several things; what is taken there is taken here. */
  where(fits: Fits): ActivationSockets {
    return new ActivationSockets(this.#shared, (socket) => this.#fits(socket) && fits(socket))
  }

  /** Whether one of these kinds waits to be taken. */
  has(...kinds: readonly Kind[]): boolean {
    return this.#waiting(kinds).length > 0
  }

  /** Of those of a kind that wait to be taken, in the order in which they are given away. */
  familiesOf(kind: Kind): ('IPv4' | 'IPv6')[] {
    return this.#waiting([kind]).map(({ family }) => family)
  }

  /** Whether the next one of a kind has a peer. */
  isConnected(kind: Kind): boolean {
    return this.#waiting([kind])[0]?.isConnected === true
  }

  /**
   * Gives one of these kinds away, to a server that serves and closes it.
   *
   * @throws {ConfigurationError} when there is none
   */
  take(...kinds: readonly [Kind, ...Kind[]]): PassedSocket {
    const [socket] = this.#waiting(kinds)
    if (socket === undefined) throw this.#refusal(`needs ${KINDS[kinds[0]]}`)
    this.#shared.waiting.delete(socket)
    return socket
  }

  /** @throws {ConfigurationError} when a passed socket was not taken */
  checkAllTaken(): void {
    const [left] = this.#shared.waiting
    if (left === undefined) return
    throw this.#refusal(`no use for ${KINDS[left.kind]}, bound to port ${left.port}`)
  }

  #waiting(kinds: readonly Kind[]): PassedSocket[] {
    return [...this.#shared.waiting].filter((each) => kinds.includes(each.kind) && this.#fits(each))
  }

  #refusal(reason: string): ConfigurationError {
    const isInetd = this.#shared.passed.by === 'inetd'
    return new ConfigurationError(isInetd ? '--inetd' : 'LISTEN_FDS', undefined, reason)
  }
}

function isTransient({ by, sockets }: PassedDescriptors): boolean {
  return by === 'inetd' || sockets.some(({ kind }) => kind === 'connection')
}

/** A process for one connection ends with it; one that a service manager activated stays. */
function idleExitMillis(passed: PassedDescriptors, idleMillis: number): number | undefined {
  if (passed.sockets.some(({ kind }) => kind === 'connection')) return 0
  return isTransient(passed) ? idleMillis : undefined
}
