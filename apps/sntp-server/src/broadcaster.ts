import { networkInterfaces } from 'node:os'

import { broadcastAddresses, type InterfaceChoice, splitZone } from '@sockyard/net/address'
import { sendError } from '@sockyard/net/errors'
import type { LimitedLog } from '@sockyard/net/log'
import { chooseInterfaces, type GroupInterface, presentInterfaces } from '@sockyard/net/multicast'
import { setSendOptions, type UdpServer, type UdpSocket } from '@sockyard/net/udp'
import { pace } from '@sockyard/probe/pacing'
import { Counter, type Registry } from '@sockyard/service/metrics'

export interface BroadcasterOptions {
  readonly groups: readonly string[]
  readonly broadcasts: readonly string[]
  readonly interfaces: InterfaceChoice
  readonly intervalMillis: number
  readonly ttl: number
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
  start(servers: readonly UdpServer[]): void {
    const { groups, broadcasts, intervalMillis } = this.#options
    if (groups.length + broadcasts.length === 0) return
    this.#running = pace({ intervalMillis, signal: this.#stop.signal }, () => {
      this.#round ??= this.#sendAll(servers.flatMap(({ sockets }) => sockets)).finally(() => {
        this.#round = undefined
      })
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#round
  }

  async #sendAll(sockets: readonly UdpSocket[]): Promise<void> {
    for (const group of this.#options.groups)
      await this.#multicast(group, sockets.filter(isOfFamily(group)))
    for (const address of this.#options.broadcasts)
      this.#broadcast(address, sockets.filter(isOfFamily(address)))
  }

  /** Interfaces come and go with networks, so they are looked up each time. */
  async #multicast(group: string, sockets: readonly UdpSocket[]): Promise<void> {
    const { interfaces, limited, ttl } = this.#options
    const chosen = await chooseInterfaces(group, interfaces, await presentInterfaces(group))
    if (chosen.length === 0) limited.warn({ group }, 'cannot multicast: no interface for the group')
    for (const on of chosen) {
      const socket = sockets.find(isOn(on)) ?? sockets[0]
      if (socket === undefined) continue
      try {
        setSendOptions(socket, { ttl, interface: on })
      } catch (error) {
        limited.warn({ group, interface: on.name, error }, 'cannot multicast')
        continue
      }
      this.#send(group, socket)
    }
  }

  #broadcast(address: string, sockets: readonly UdpSocket[]): void {
    const socket = sockets.find(({ local }) => sendsTo(address, local.address)) ?? sockets[0]
    if (socket === undefined) return
    setSendOptions(socket, { broadcast: true })
    this.#send(address, socket)
  }

  /** The interface was set just before, and the kernel takes the packet in this very call. */
  #send(address: string, socket: UdpSocket): void {
    if (this.#stop.signal.aborted) return
    const { port } = socket.local
    const refusal = socket.send(this.#options.packet, { address, port })
    if (refusal === undefined) return this.#sent.inc({ to: address })
    const error = sendError(refusal, address, port)
    this.#options.limited.warn({ to: address, error }, 'not sent')
  }
}

function isOfFamily(address: string): (socket: UdpSocket) => boolean {
  return ({ local }) => local.address.includes(':') === address.includes(':')
}

/** Of several sockets, each at one address, that whose address is on this interface. */
function isOn({ name, ipv4, ipv6 }: GroupInterface): (socket: UdpSocket) => boolean {
  return ({ local }) => {
    const [address, zone = name] = splitZone(local.address)
    return zone === name && [...ipv4, ...ipv6].includes(address)
  }
}

/** Whether `address` is the directed broadcast address of the network that `local` is on. */
function sendsTo(address: string, local: string): boolean {
  return Object.entries(networkInterfaces()).some(([name, addresses = []]) => {
    const own = addresses.filter((each) => each.address === local)
    return broadcastAddresses({ [name]: own }).has(address)
  })
}
