import { pace } from '@sockyard/probe/pacer'
import {
  chooseInterfaces,
  type InterfaceChoice,
  presentInterfaces,
} from '@sockyard/service/group-interfaces'
import type { LimitedLog } from '@sockyard/service/limited-log'
import { Counter, type Registry } from '@sockyard/service/prometheus'

import type { Endpoint } from './endpoints.ts'

export interface BroadcasterOptions {
  readonly groups: readonly string[]
  readonly broadcasts: readonly string[]
  readonly interfaces: InterfaceChoice
  readonly intervalMillis: number
  /** Makes a packet with the time of this very moment. */
  readonly packet: () => Uint8Array
  readonly limited: LimitedLog
  readonly metrics: Registry
}

/** Sends the time at an interval to groups, on each interface asked for, and to broadcast addresses. */
export class Broadcaster {
  readonly #options: BroadcasterOptions
  readonly #stop = new AbortController()
  readonly #sent: Counter<'to'>
  #running: Promise<unknown> = Promise.resolve()
  #round: Promise<void> | undefined

  constructor(options: BroadcasterOptions) {
    this.#options = options
    this.#sent = new Counter({
      name: 'sockyard_sntp_broadcasts_total',
      help: 'Broadcasts and multicasts sent',
      labelNames: ['to'],
      registers: [options.metrics],
    })
  }

  /** Sends the first one at once. */
  start(endpoints: readonly Endpoint[]): void {
    const { groups, broadcasts, intervalMillis } = this.#options
    if (groups.length + broadcasts.length === 0) return
    this.#running = pace({ intervalMillis, signal: this.#stop.signal }, () => {
      this.#round ??= this.#sendAll(endpoints).finally(() => {
        this.#round = undefined
      })
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#round
  }

  async #sendAll(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) {
      const isOurs = (address: string): boolean => address.includes(':') === (endpoint.family === 6)
      for (const group of this.#options.groups.filter(isOurs))
        await this.#multicast(group, endpoint)
      for (const address of this.#options.broadcasts.filter(isOurs)) this.#send(address, endpoint)
    }
  }

  /** Interfaces come and go with networks, so they are looked up each time. */
  async #multicast(group: string, endpoint: Endpoint): Promise<void> {
    const { interfaces, limited } = this.#options
    const present = await presentInterfaces(group)
    for (const { name, joinAddress } of await chooseInterfaces(group, interfaces, present)) {
      try {
        endpoint.sendMulticastsBy(joinAddress)
      } catch (error) {
        limited.warn({ interface: name, error: String(error) }, 'cannot multicast')
        continue
      }
      this.#send(group, endpoint)
    }
  }

  /** The interface was set just before, and the kernel takes the packet in this very call. */
  #send(address: string, endpoint: Endpoint): void {
    if (this.#stop.signal.aborted) return
    const { port } = endpoint.address()
    if (endpoint.sendMadeNow(this.#options.packet, port, address)) this.#sent.inc({ to: address })
  }
}
