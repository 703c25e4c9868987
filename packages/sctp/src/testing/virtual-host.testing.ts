import { Engine } from '../core/engine.ts'
import type { Message, Notification } from '../core/notification.ts'
import type { OutgoingMessage } from '../core/outgoing-chunk.ts'
import { DEFAULT_PROTOCOL_PARAMETERS } from '../core/protocol-parameters.ts'
import type { ProtocolParameters } from '../core/protocol-parameters.ts'
import type { Route, TransportAddress } from '../core/transport-address.ts'
import { send, setPaused } from '../core/user-requests.ts'
import { encodePacket } from '../wire/packet-builder.ts'
import type { Packet } from '../wire/packet.ts'
import { randomBytesOf } from './random.testing.ts'
import type { VirtualNetwork } from './virtual-network.testing.ts'

export interface VirtualHostOptions {
  address: string
  udpPort?: number
  port?: number
  listening?: boolean
  parameters?: Partial<ProtocolParameters>
  /** The MTU of its interface: with one, path MTUs are discovered. */
  linkMtu?: () => number
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
  readonly #network: VirtualNetwork

  constructor(network: VirtualNetwork, options: VirtualHostOptions) {
    const { address, udpPort = 9899, port = 7, listening = true, parameters, linkMtu } = options
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
        localPort: port,
        listening,
        random: (size) => randomBytesOf(network.random, size),
        outlet: {
          transmit: (packet, to, how) =>
            network.send(packet, { address: to.local, port: udpPort }, to, how),
          deliver: (message) => {
            this.messages.push(message)
            this.onMessage(message)
          },
          notify: (notification) => this.notifications.push(notification),
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
