import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { seededRandom } from './random.ts'

/** What a faulty network does to each datagram, in both directions. */
export interface RelayOptions {
  /** Where the datagrams of clients go. */
  target: { address: string; port: number }
  /** The share that vanishes, 0 to 1. */
  loss?: number
  /** The share that arrives twice, 0 to 1. */
  duplicate?: number
  /** The share that is held back until the next one of its direction has passed (or 50 ms), 0 to 1. */
  reorder?: number
  /** How long every datagram takes; default: 0. */
  delayMillis?: number
  /** Only what clients send meets the faults; what comes back only takes its time. */
  oneWay?: boolean
  /** Numbers in [0, 1); default: repeatable ones, `seededRandom(1)`. */
  random?: () => number
}

interface RelayCounts {
  passed: number
  lost: number
  duplicated: number
  reordered: number
}

/** A faulty network between UDP clients and one server, on the loopback of the target's family. */
export interface UdpRelay extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** What happened from clients to the target. */
  readonly toTarget: Readonly<RelayCounts>
  /** What happened from the target to clients. */
  readonly toClient: Readonly<RelayCounts>
}

const NO_FAULTS = { loss: 0, duplicate: 0, reorder: 0 }

type Deliver = () => void

/** The last datagram of a test has none after it: it must not be held without limit. */
const LONGEST_HOLD_MILLIS = 50

/**
 * Starts a relay that loses, duplicates, reorders and delays datagrams between clients and `target`.
 * Each client gets a socket of its own towards the target, so replies find their way back.
 */
export async function udpRelay(options: RelayOptions): Promise<UdpRelay> {
  const type = options.target.address.includes(':') ? 'udp6' : 'udp4'
  const address = type === 'udp6' ? '::1' : '127.0.0.1'
  const random = options.random ?? seededRandom(1)
  const toTarget = new FaultyPath({ ...options, random })
  const toClient = new FaultyPath({ ...options, ...(options.oneWay && NO_FAULTS), random })
  const front = createSocket(type)
  const backs = new Map<string, Socket>()

  const backOf = (client: { address: string; port: number }): Socket => {
    const key = `${client.address} ${client.port}`
    const known = backs.get(key)
    if (known !== undefined) return known
    const back = createSocket(type).on('error', () => {})
    back.on('message', (bytes) =>
      toClient.carry(() => forward(front, bytes, client.port, client.address)),
    )
    backs.set(key, back)
    return back
  }

  front.on('error', () => {})
  front.on('message', (bytes, client) => {
    const back = backOf(client)
    const { target } = options
    toTarget.carry(() => forward(back, bytes, target.port, target.address))
  })
  front.bind(0, address)
  await once(front, 'listening')

  return {
    address,
    port: front.address().port,
    toTarget: toTarget.counts,
    toClient: toClient.counts,
    [Symbol.asyncDispose]: async () => {
      toTarget.close()
      toClient.close()
      await Promise.all([front, ...backs.values()].map(closed))
    },
  }
}

/** One direction: decides for each datagram what happens to it. */
class FaultyPath {
  readonly counts: RelayCounts = { passed: 0, lost: 0, duplicated: 0, reordered: 0 }
  readonly #options: RelayOptions & { random: () => number }
  readonly #timers = new Set<NodeJS.Timeout>()
  #held: Deliver | undefined

  constructor(options: RelayOptions & { random: () => number }) {
    this.#options = options
  }

  carry(deliver: Deliver): void {
    const { loss = 0, duplicate = 0, reorder = 0 } = this.#options
    if (this.#happens(loss)) {
      this.counts.lost++
      return
    }
    this.counts.passed++
    if (this.#held === undefined && this.#happens(reorder)) {
      this.#held = deliver
      this.#after(LONGEST_HOLD_MILLIS, () => this.#release(deliver))
      return
    }
    this.#deliver(deliver)
    if (this.#happens(duplicate)) {
      this.counts.duplicated++
      this.#deliver(deliver)
    }
    if (this.#held !== undefined) {
      this.counts.reordered++
      this.#release(this.#held)
    }
  }

  close(): void {
    this.#held = undefined
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #happens(share: number): boolean {
    return share > 0 && this.#options.random() < share
  }

  #release(held: Deliver): void {
    if (this.#held !== held) return
    this.#held = undefined
    this.#deliver(held)
  }

  #deliver(deliver: Deliver): void {
    const { delayMillis = 0 } = this.#options
    if (delayMillis === 0) deliver()
    else this.#after(delayMillis, deliver)
  }

  #after(millis: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, millis)
    this.#timers.add(timer)
  }
}

function forward(socket: Socket, bytes: Uint8Array, port: number, address: string): void {
  // An error here is a datagram that did not arrive, which is what a network may do.
  socket.send(bytes, port, address, () => {})
}

async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.close(resolve)
  })
}
