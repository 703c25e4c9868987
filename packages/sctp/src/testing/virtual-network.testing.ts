import type { Route, TransportAddress } from '../core/transport-address.ts'
import { decodePacket } from '../wire/packet.ts'
import type { Packet } from '../wire/packet.ts'
import { seededRandom } from './random.testing.ts'
import { VirtualHost } from './virtual-host.testing.ts'
import type { VirtualHostOptions } from './virtual-host.testing.ts'

export interface Faults {
  /** Each a share of the packets, 0 to 1. */
  loss?: number
  duplicate?: number
  reorder?: number
  /** One way, milliseconds; a reordered packet takes three times as long. */
  delayMillis?: number
  seed?: number
}

/** A packet on its way. */
export interface Flight {
  bytes: Uint8Array
  from: TransportAddress
  to: TransportAddress
  packet: Packet
  how: 'whole' | 'in-fragments'
}

/** Hosts on one network whose time passes only when `run` says so; every fault is seeded. */
export class VirtualNetwork {
  now = 1000
  /** Every packet that was sent, lost ones too. */
  readonly sent: Flight[] = []
  /** True: the packet is lost. */
  drop: (flight: Flight) => boolean = () => false
  readonly random: () => number
  readonly #faults: Required<Omit<Faults, 'seed'>>
  readonly #hosts = new Map<string, VirtualHost>()
  readonly #due: { at: number; flight: Flight }[] = []

  constructor({ seed = 1, ...faults }: Faults = {}) {
    this.random = seededRandom(seed)
    this.#faults = { loss: 0, duplicate: 0, reorder: 0, delayMillis: 10, ...faults }
  }

  /** Adds a host, or replaces the one at its address: a process that was killed and came back. */
  host(options: VirtualHostOptions): VirtualHost {
    const host = new VirtualHost(this, options)
    this.#hosts.set(key(host.at), host)
    return host
  }

  /** The host has this address, too. */
  alias(host: VirtualHost, at: TransportAddress): void {
    this.#hosts.set(key(at), host)
  }

  /** The host is gone without a word. */
  remove(host: VirtualHost): void {
    this.#hosts.delete(key(host.at))
  }

  send(
    bytes: Uint8Array,
    from: TransportAddress,
    to: TransportAddress,
    how: Flight['how'] = 'whole',
  ): void {
    const decoded = decodePacket(bytes)
    if (!decoded.ok) throw decoded.error
    const flight = { bytes: bytes.slice(), from, to, packet: decoded.value, how }
    this.sent.push(flight)
    const { loss, duplicate } = this.#faults
    if (this.drop(flight) || this.random() < loss) return
    this.#launch(flight)
    if (this.random() < duplicate) this.#launch(flight)
  }

  #launch(flight: Flight): void {
    const { delayMillis, reorder } = this.#faults
    const delay = this.random() < reorder ? delayMillis * 3 : delayMillis
    const at = this.now + delay
    const after = this.#due.findIndex((other) => other.at > at)
    this.#due.splice(after < 0 ? this.#due.length : after, 0, { at, flight })
  }

  /** Lets time pass until nothing is left to happen before `until` (ms), or `done` says so. */
  run(until: number, done: () => boolean = () => false): void {
    while (!done()) {
      const next = Math.min(this.#due[0]?.at ?? Infinity, ...this.#deadlines())
      if (next > until) {
        this.now = Math.max(this.now, until)
        return
      }
      this.now = Math.max(this.now, next)
      this.#step()
    }
  }

  /** Lets `millis` pass. */
  pass(millis: number): void {
    this.run(this.now + millis)
  }

  #deadlines(): number[] {
    return [...this.#hosts.values()].map(({ engine }) => engine.nextDeadline)
  }

  #step(): void {
    for (let next = this.#due[0]; next && next.at <= this.now; next = this.#due[0]) {
      this.#due.shift()
      this.#hosts.get(key(next.flight.to))?.receive(next.flight.bytes, routeOf(next.flight))
    }
    for (const host of new Set(this.#hosts.values())) host.expire()
  }
}

/** As its receiver sees it. */
export const routeOf = ({ from, to }: Flight): Route => ({ ...from, local: to.address })

const key = ({ address, port }: TransportAddress): string => `${address} ${port}`
