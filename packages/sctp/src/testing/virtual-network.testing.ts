import type { Message, Notification } from '../association/notification.ts'
import {
  DEFAULT_PROTOCOL_PARAMETERS,
  type ProtocolParameters,
} from '../association/protocol-parameters.ts'
import { Engine } from '../engine/engine.ts'
import { send, setPaused } from '../engine/user-requests.ts'
import type { Route, TransportAddress } from '../paths/transport-address.ts'
import type { OutgoingMessage } from '../transmission/outgoing-chunk.ts'
import { decodePacket, encodePacket, type Packet } from '../wire/packet.ts'
import { seededRandom, randomBytesOf } from './random.testing.ts'

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
  readonly #observers = new Map<string, (packet: Packet) => void>()
  /** False: what was sent is not remembered. */
  keepsSent = true
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

  /** Calls back for each packet to an address, when it is sent. */
  onSent(to: TransportAddress, observer: (packet: Packet) => void): void {
    this.#observers.set(key(to), observer)
  }

  /** The host is gone, without a packet to its peers. */
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
    if (this.keepsSent) this.sent.push(flight)
    this.#observers.get(key(to))?.(flight.packet)
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

export interface VirtualHostOptions {
  address: string
  udpPort?: number
  port?: number
  listening?: boolean
  parameters?: Partial<ProtocolParameters>
  /** The MTU of its interface: with one, path MTUs are discovered. */
  linkMtu?: () => number
  refusal?: (from: TransportAddress) => string | undefined
}

/** An engine on a virtual network, with all that it told its user. */
export class VirtualHost {
  readonly at: TransportAddress
  readonly engine: Engine
  readonly messages: Message[] = []
  readonly notifications: Notification[] = []
  /** What each packet received came to. */
  readonly verdicts: string[] = []
  onMessage: (message: Message) => void = () => undefined
  onNotification: (notification: Notification) => void = () => undefined
  readonly #network: VirtualNetwork

  constructor(network: VirtualNetwork, options: VirtualHostOptions) {
    const {
      address,
      udpPort = 9899,
      port = 7,
      listening = true,
      parameters,
      linkMtu,
      refusal,
    } = options
    this.#network = network
    this.at = { address, port: udpPort }
    this.engine = new Engine(
      {
        parameters: {
          ...DEFAULT_PROTOCOL_PARAMETERS,
          mtu: linkMtu ? undefined : 1500,
          ...parameters,
        },
        ...(linkMtu && { linkMtu }),
        ...(refusal && { refusal }),
        localPort: port,
        listening,
        random: (size) => randomBytesOf(network.random, size),
        transport: {
          transmit: (packet, to, how) =>
            network.send(packet, { address: to.local, port: udpPort }, to, how),
          deliver: (message) => {
            this.messages.push(message)
            this.onMessage(message)
          },
          notify: (notification) => {
            this.notifications.push(notification)
            this.onNotification(notification)
          },
        },
      },
      network.now,
    )
  }

  receive(bytes: Uint8Array, from: Route): void {
    this.verdicts.push(this.engine.receive(bytes, from, this.#network.now))
    this.flush()
  }

  expire(): void {
    this.engine.expire(this.#network.now)
    this.flush()
  }

  flush(): void {
    this.engine.flush(this.#network.now)
  }

  associate(peer: VirtualHost): number {
    const to = { ...peer.at, local: this.at.address }
    const id = this.engine.associate(to, peer.engine.localPort, this.#network.now)
    this.flush()
    return id
  }

  /** False when the send buffer is full now. */
  send(association: number, message: OutgoingMessage): boolean {
    const room = send(this.engine.table, association, message)
    this.flush()
    return room
  }

  pause(association: number): void {
    setPaused(this.engine.table, association, true)
    this.flush()
  }

  resume(association: number): void {
    setPaused(this.engine.table, association, false)
    this.flush()
  }

  shutdown(association: number): void {
    this.engine.shutdown(association, this.#network.now)
    this.flush()
  }

  abort(association: number): void {
    this.engine.abort(association, [], this.#network.now)
    this.flush()
  }

  /** A packet made by hand, as this host would send it. */
  sendPacket(packet: Packet, to: VirtualHost): void {
    this.#network.send(encodePacket(packet), this.at, to.at)
  }

  state(association: number): string {
    return this.engine.table.byId(association)?.state ?? 'CLOSED'
  }

  /** The types of all notifications, for short. */
  get told(): string[] {
    return this.notifications.map(({ type }) => type)
  }
}
