import {
  addressesByInterface,
  broadcastAddresses,
  interfaceChoice,
  type InterfaceChoice,
} from '../address/interfaces.ts'
import { isPortForbidden } from '../errors/errors.ts'
import type { NetworkError } from '../errors/errors.ts'
import type { TrafficReport } from '../peers/peer-traffic.ts'
import type { UdpCounters } from '../udp/udp-counters.ts'
import { chooseInterfaces, type GroupInterface, presentInterfaces } from './interfaces.ts'
import { Poller } from './poller.ts'
import type { GroupMembership } from './receive-context.ts'
import { ReceiverSockets, type ReceiverSocketsOptions } from './receiver-sockets.ts'

/** On which interfaces broadcasts are received, and what takes them. */
export interface BroadcastEndpointOptions extends ReceiverSocketsOptions {
  /** Names or addresses of interfaces, or `any` (that of the default route), or `all`. */
  readonly interfaces: InterfaceChoice
  /** How often the addresses of the interfaces are read; 2,000 by default. */
  readonly watchMillis?: number
}

/** To every host of the link (RFC 919). */
const LIMITED_BROADCAST = '255.255.255.255'

/**
 * Receives IPv4 broadcasts, the limited one and those of the interfaces' subnets, and nothing else: a socket
 * bound to a broadcast address gets no unicast, which could come from anywhere. Addresses that come and go are
 * followed.
 */
export class BroadcastEndpoint {
  readonly #options: BroadcastEndpointOptions
  readonly #choice: InterfaceChoice
  readonly #sockets: ReceiverSockets<undefined>
  readonly #poller: Poller

  /** @throws {ConfigurationError} when an interface does not exist, naming those that do */
  constructor(options: BroadcastEndpointOptions) {
    const { interfaces, watchMillis = 2_000 } = options
    this.#options = options
    this.#choice = interfaceChoice(interfaces)
    this.#sockets = new ReceiverSockets(options)
    this.#poller = new Poller(watchMillis, async () => void (await this.#reconcile()))
  }

  /** What its sockets have received together. */
  get counters(): readonly [UdpCounters] {
    return [this.#sockets.counters]
  }

  /** As `ReceiverSockets.traffic`; there is nothing to join. */
  traffic(): TrafficReport {
    return { ...this.#sockets.traffic(), memberships: [] }
  }

  /** The sockets that are open now. */
  listening(): ReturnType<ReceiverSockets<unknown>['listening']> {
    return this.#sockets.listening()
  }

  /** The broadcast addresses it receives on now. */
  get open(): GroupMembership[] {
    return this.#sockets.all.map(({ membership }) => membership)
  }

  /** @throws {NetworkError} AddressInUseError when another program has the port for itself, or EACCES */
  async start(): Promise<void> {
    const errors = await this.#reconcile()
    const forbidden = errors.find(isPortForbidden)
    if (forbidden !== undefined) {
      await this.#sockets.closeAll()
      throw forbidden
    }
    this.#poller.start()
  }

  /** Stops polling, and closes its sockets. */
  async stop(): Promise<void> {
    await this.#poller.stop()
    await this.#sockets.closeAll()
  }

  /** Closes what is gone and opens what has come; what cannot be opened now is tried again at the next poll. */
  async #reconcile(): Promise<NetworkError[]> {
    const { port, log } = this.#options
    const wanted = await broadcastsOf(this.#choice)
    for (const open of this.#sockets.all)
      if (!wanted.some((place) => isSame(place, open))) await this.#sockets.close(open)
    const errors: NetworkError[] = []
    for (const { address, on } of wanted) {
      if (this.#poller.isStopped || this.#sockets.has(address, on)) continue
      const socketFor = { address, on, target: undefined }
      const error = await this.#sockets.tryOpen(socketFor, () => undefined, 'cannot listen')
      if (error !== undefined) errors.push(error)
      else log.info({ transport: 'udp', address, port, interface: on.name }, 'listening')
    }
    return errors
  }
}

interface BroadcastAddress {
  readonly address: string
  readonly on: GroupInterface
}

/** The limited broadcast address and those of the subnets, of each interface. */
async function broadcastsOf(choice: InterfaceChoice): Promise<BroadcastAddress[]> {
  const present = await presentInterfaces(LIMITED_BROADCAST)
  const chosen = await chooseInterfaces(LIMITED_BROADCAST, choice, present)
  const addresses = addressesByInterface()
  return chosen.flatMap((on) => {
    const directed = broadcastAddresses({ [on.name]: addresses.get(on.name) ?? [] })
    return [LIMITED_BROADCAST, ...directed].map((address) => ({ address, on }))
  })
}

/** An interface that was replaced by one of the same name has another index. */
function isSame(
  { address, on }: BroadcastAddress,
  open: { membership: GroupMembership; on: GroupInterface },
): boolean {
  return open.membership.group === address && open.on.name === on.name && open.on.index === on.index
}
