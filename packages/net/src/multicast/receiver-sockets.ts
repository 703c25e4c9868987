import type { SocketTarget } from '@sockyard/posix/socket'

import { type NetworkError, networkError } from '../errors/errors.ts'
import type { TrafficReport } from '../peers/peer-traffic.ts'
import { readKernelDropsAt } from '../udp/kernel-drops.ts'
import { PeerTable } from '../udp/peer-table.ts'
import { UdpCounters } from '../udp/udp-counters.ts'
import { udpPeers, udpTotal } from '../udp/udp-traffic.ts'
import type { GroupInterface } from './interfaces.ts'
import { openNativeReceivers } from './native-receiver.ts'
import { openNodeReceivers } from './node-receiver.ts'
import type {
  GroupMembership,
  OnBatch,
  OpenReceiver,
  ReceiveContext,
  ReceiveSocket,
} from './receive-context.ts'

export interface ReceiverSocketsOptions extends Omit<
  ReceiveContext,
  'counters' | 'receiveBufferBytes'
> {
  /** 4 MiB by default. */
  readonly receiveBufferBytes?: number
}

/** A socket that receives what is sent to one address and comes in on one interface. */
export interface OpenSocket<Target> {
  readonly target: Target
  readonly membership: GroupMembership
  /** The interface as it was when the socket was opened. */
  readonly on: GroupInterface
  readonly socket: ReceiveSocket
}

const DEFAULT_BUFFER_BYTES = 4 * 1024 * 1024
/** 40 KB each. */
const MAXIMUM_TABLES = 32

/**
 * The sockets of one receiver, at most one for each address and interface, and what they count together.
 *
 * @template Target what a socket was opened for
 */
export class ReceiverSockets<Target> {
  readonly #options: ReceiverSocketsOptions
  readonly #open = new Map<string, OpenSocket<Target>>()
  /** Why each of the others is not open, so that each error is logged once. */
  readonly #failures = new Map<string, string>()
  readonly counters = new UdpCounters(() => this.#openDrops())
  /** By group. */
  readonly #peers = new Map<string, PeerTable>()
  /** Opens nothing before it is needed: `--check` makes a receiver, too. */
  #openReceiver: OpenReceiver | undefined

  constructor(options: ReceiverSocketsOptions) {
    this.#options = options
  }

  get all(): OpenSocket<Target>[] {
    return [...this.#open.values()]
  }

  /** The open sockets, as GET /options of the admin endpoint lists them. */
  listening(): { transport: 'udp'; address: string; port: number; target: SocketTarget }[] {
    const { port } = this.#options
    return this.all.map(({ membership, socket }) => ({
      transport: 'udp',
      address: membership.group,
      port,
      target: socket.target,
    }))
  }

  /** Who was heard, by group, and what is joined; as GET /peers of the admin endpoint tells it. */
  traffic(): TrafficReport {
    const { port } = this.#options
    const peers = [...this.#peers].flatMap(([group, table]) =>
      udpPeers(table, { address: group, port }, group),
    )
    const memberships = this.all.map(({ membership }) => ({ ...membership, port }))
    return { peers, total: udpTotal([this.counters]), memberships }
  }

  has(address: string, on: GroupInterface): boolean {
    return this.#open.has(keyOf(address, on))
  }

  /**
   * Opens a socket, and logs why it cannot be opened unless that was the last reason too.
   *
   * @param prepare called once it is bound
   * @param message the message of that log line
   * @returns the error, if any
   */
  async tryOpen(
    { address, on, target }: { address: string; on: GroupInterface; target: Target },
    prepare: (socket: ReceiveSocket) => void,
    message: string,
  ): Promise<NetworkError | undefined> {
    const key = keyOf(address, on)
    const membership = { group: address, interface: on.name }
    try {
      const socket = await this.#openPrepared(address, on, prepare)
      this.#open.set(key, { target, membership, on, socket })
      this.#failures.delete(key)
      return undefined
    } catch (error) {
      const failure = networkError(error, address, this.#options.port)
      if (this.#failures.get(key) !== failure.message)
        this.#options.log.warn({ ...membership, error: failure }, message)
      this.#failures.set(key, failure.message)
      return failure
    }
  }

  async close({ membership, on }: OpenSocket<Target>): Promise<void> {
    const key = keyOf(membership.group, on)
    const open = this.#open.get(key)
    this.#open.delete(key)
    await open?.socket.close()
  }

  /** Notes what the kernel dropped, and closes all. */
  async closeAll(): Promise<void> {
    await this.kernelDrops()
    await Promise.all(this.all.map((open) => this.close(open)))
  }

  /** Datagrams the kernel dropped because the receive buffer was full so far, those of closed sockets too. */
  kernelDrops(): Promise<number> {
    return this.counters.kernelDrops()
  }

  async #openDrops(): Promise<number> {
    const { engine, port } = this.#options
    if (engine === 'native')
      return this.all.reduce((sum, { socket }) => sum + (socket.kernelDrops?.() ?? 0), 0)
    return readKernelDropsAt(new Set(this.all.map(({ membership }) => membership.group)), port)
  }

  async #openPrepared(
    address: string,
    on: GroupInterface,
    prepare: (socket: ReceiveSocket) => void,
  ): Promise<ReceiveSocket> {
    this.#openReceiver ??= this.#receivers()
    const socket = await this.#openReceiver(address, on)
    try {
      prepare(socket)
      return socket
    } catch (error) {
      await socket.close()
      throw error
    }
  }

  /** Of so many groups; the others are in the sum. */
  #peersOf(group: string): PeerTable | undefined {
    const known = this.#peers.get(group)
    if (known !== undefined || this.#peers.size >= MAXIMUM_TABLES) return known
    const table = new PeerTable()
    this.#peers.set(group, table)
    return table
  }

  #receivers(): OpenReceiver {
    const { receiveBufferBytes = DEFAULT_BUFFER_BYTES, ...options } = this.#options
    const onBatch: OnBatch = (received, at) => {
      this.#peersOf(at.group)?.received(received)
      options.onBatch(received, at)
    }
    const context = { ...options, onBatch, receiveBufferBytes, counters: this.counters }
    return options.engine === 'native' ? openNativeReceivers(context) : openNodeReceivers(context)
  }
}

function keyOf(address: string, { name }: GroupInterface): string {
  return `${address}%${name}`
}
