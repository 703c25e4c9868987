import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { isSystemError } from '@sockyard/net/errors'
import { UdpCounters } from '@sockyard/net/udp'
import { encodeMulticastDatagram } from '@sockyard/protocol/multicast'
import { exportUdpMetrics, showOptionsOf, showPeers } from '@sockyard/service/metrics'

import {
  type GroupSender,
  type GroupSenderOptions,
  RECEIVE_BUFFER_BYTES,
  SendErrorLog,
  sentTraffic,
} from './group-sender.ts'

/** Datagrams that may wait for the kernel; more are dropped and counted. */
const MAXIMUM_QUEUE = 1_000
const DRAIN_PERIOD_MILLIS = 5

/** Sends by node:dgram, which queues what the kernel has no room for. */
export class NodeGroupSender implements GroupSender {
  readonly #options: GroupSenderOptions
  readonly #errors: SendErrorLog
  readonly #counters = new UdpCounters()
  /** Milliseconds since 1970. */
  readonly #sentAt = { since: Date.now(), last: Date.now() }
  #socket: Socket | undefined
  #local = { address: '', port: 0 }
  #sequence = 0
  #waiting = 0

  constructor(options: GroupSenderOptions) {
    const { group, port, log, metrics } = options
    this.#options = options
    this.#errors = new SendErrorLog(log, { group, port })
    exportUdpMetrics(metrics, this.#counters)
    showPeers(metrics, () => sentTraffic(options, this.#counters, this.#sentAt, this.#local))
  }

  get group(): string {
    return this.#options.group
  }

  get target(): Socket | undefined {
    return this.#socket
  }

  async start(): Promise<void> {
    const { group, ttl, loopback, outgoing, metrics } = this.#options
    const socket = createSocket(group.includes(':') ? 'udp6' : 'udp4').bind(0)
    await once(socket, 'listening')
    socket.on('error', (error) => this.#errors.report(error))
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
    socket.setMulticastTTL(ttl)
    socket.setMulticastLoopback(loopback)
    showOptionsOf(metrics, { transport: 'udp', ...socket.address(), target: socket })
    this.#socket = socket
    this.#local = socket.address()
    await outgoing?.use(({ joinAddress }) => socket.setMulticastInterface(joinAddress))
  }

  send(payload: Uint8Array): void {
    const { group, port, plain } = this.#options
    const bytes = plain ? payload : this.#encode(payload)
    const datagram = { group, first: this.#sequence, count: 1, sizeBytes: bytes.length }
    this.#sequence += 1
    if (this.#waiting >= MAXIMUM_QUEUE) return this.#drop('queue-full')
    this.#waiting += 1
    this.#socket?.send(bytes, port, group, (error) => {
      this.#waiting -= 1
      if (error === null) {
        this.#counters.countSent(1, bytes.length)
        this.#sentAt.last = Date.now()
        this.#options.onSent(datagram)
      } else {
        this.#drop(isSystemError(error) ? error.code : 'OTHER', error)
      }
      this.#errors.report(error ?? undefined)
    })
  }

  waiting(): number {
    return this.#waiting
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#options.outgoing?.stop()
    while (this.#waiting > 0 && !drained.aborted) await delay(DRAIN_PERIOD_MILLIS)
    const socket = this.#socket
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()))
  }

  #encode(payload: Uint8Array): Uint8Array {
    const { sender, now } = this.#options
    const header = { sender, sequence: BigInt(this.#sequence), payload }
    return encodeMulticastDatagram({ ...header, sentAt: now() })
  }

  #drop(reason: string, error?: Error): void {
    this.#counters.countUnsent(reason)
    this.#options.onDropped(1, error)
  }
}
