import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import { type BroadcastPlace, broadcastPlaces } from './broadcast-places.ts'
import { BroadcastSockets } from './broadcast-sockets.ts'
import { type NetworkError, networkError } from './errors.ts'
import { choiceByName, type InterfaceChoice } from './group-interfaces.ts'
import { readKernelDropsAt } from './kernel-drops.ts'
import type { GroupDatagramSource, GroupMembership } from './membership.ts'
import { PeriodicLook } from './periodic-look.ts'
import { isPortForbidden } from './port-forbidden.ts'
import { createReceiverTally } from './receiver-tally.ts'
import { exportUdpMetrics, type UdpTally } from './udp-metrics.ts'

export interface BroadcastReceiverOptions {
  /** 1 to 65,535. */
  port: number
  /** Names or addresses of interfaces, or `any` (that of the default route), or `all`. */
  interfaces: InterfaceChoice
  /** How often the addresses of the interfaces are looked at; 2,000 by default. */
  watchMillis?: number
  /** For each socket; 4 MiB by default. */
  receiveBufferBytes?: number
  log: Logger
  metrics: Registry
  /** `source.group` is the broadcast address the datagram was sent to. */
  onDatagram(bytes: Buffer, source: GroupDatagramSource): void
}

export interface BroadcastReceiver {
  /**
   * @throws {UsageError} when an interface does not exist, naming those that do
   * @throws {NetworkError} AddressInUseError when another program has the port for itself, or EACCES
   */
  start(): Promise<void>
  stop(): Promise<void>
  /** What is listened to now. */
  readonly open: readonly GroupMembership[]
}

/**
 * Receives IPv4 broadcasts, the limited one and those of the interfaces' subnets, and nothing else: a socket
 * bound to a broadcast address gets no unicast, which could come from anywhere. Addresses that come and go are
 * followed.
 */
export function createBroadcastReceiver(options: BroadcastReceiverOptions): BroadcastReceiver {
  return new WatchedBroadcasts(options)
}

class WatchedBroadcasts implements BroadcastReceiver {
  readonly #options: BroadcastReceiverOptions
  readonly #tally: UdpTally
  readonly #sockets: BroadcastSockets
  readonly #watch: PeriodicLook
  /** What cannot be opened, so that each is logged once. */
  readonly #failed = new Set<string>()
  #choice: InterfaceChoice

  constructor(options: BroadcastReceiverOptions) {
    const { port, interfaces, watchMillis = 2_000, metrics } = options
    this.#options = options
    this.#choice = interfaces
    this.#tally = createReceiverTally(() => readKernelDropsAt(this.#addresses(), port))
    const reception = { options, tally: this.#tally, failed: 'broadcast failed' }
    this.#sockets = new BroadcastSockets(port, reception)
    this.#watch = new PeriodicLook(watchMillis, () => this.#look(false))
    exportUdpMetrics(metrics, this.#tally)
  }

  get open(): GroupMembership[] {
    return this.#sockets.places
  }

  async start(): Promise<void> {
    this.#choice = choiceByName(this.#choice)
    try {
      await this.#look(true)
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#watch.start()
  }

  async stop(): Promise<void> {
    await this.#watch.stop()
    await this.#tally.kernelDrops()
    this.#sockets.closeAll()
  }

  /** Closes what is gone and opens what has come. */
  async #look(isFirst: boolean): Promise<void> {
    const wanted = await broadcastPlaces(this.#choice)
    this.#sockets.closeExcept(wanted)
    for (const [key, place] of wanted)
      if (!this.#watch.isStopped && !this.#sockets.has(key))
        await this.#tryOpen(key, place, isFirst)
  }

  /** What cannot be opened now is tried again at the next look. */
  async #tryOpen(key: string, place: BroadcastPlace, isFirstLook: boolean): Promise<void> {
    try {
      await this.#sockets.open(key, place)
      this.#failed.delete(key)
    } catch (error) {
      const failure = networkError(error, place.address, this.#options.port)
      if (isFirstLook && isPortForbidden(failure)) throw failure
      this.#say(key, place, failure)
    }
  }

  #say(key: string, { on }: BroadcastPlace, failure: NetworkError): void {
    if (!this.#failed.has(key))
      this.#options.log.warn({ interface: on.name, error: failure.message }, 'cannot listen')
    this.#failed.add(key)
  }

  #addresses(): string[] {
    return [...new Set(this.open.map(({ group }) => group))]
  }
}
