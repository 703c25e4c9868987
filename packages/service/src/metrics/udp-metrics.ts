import type { TrafficReport } from '@sockyard/net/peers'

import { type ListeningSocket, showListening } from './listening-sockets.ts'
import { showPeers } from './peers.ts'
import { Counter, type Registry } from './prometheus.ts'

/** The same for every kind of socket. */
export const UDP_KERNEL_DROPS = {
  name: 'sockyard_udp_kernel_drops_total',
  help: 'Datagrams the kernel dropped because the receive buffer was full',
} as const

export interface UdpCounters {
  received: number
  receivedBytes: number
  sent: number
  sentBytes: number
  /** Not sent: the send queue was full, or the kernel refused. */
  unsent: Map<string, number>
  /** Dropped by the kernel before we could read them. */
  kernelDrops(): Promise<number>
}

/** The endpoints that share a registry are exported as one sum. */
const talliesOf = new WeakMap<Registry, UdpCounters[]>()

/** Exports the plain numbers an endpoint counts; they become metrics only on a scrape. */
export function exportUdpMetrics(registry: Registry, counters: UdpCounters): void {
  const counts = talliesOf.get(registry)
  if (counts === undefined) {
    const first = [counters]
    talliesOf.set(registry, first)
    register(registry, first)
  } else {
    counts.push(counters)
  }
}

/** Exports what all threads of a server count, and shows its sockets' options and its peers on the admin endpoint. */
export function exportUdpServer(
  registry: Registry,
  server: {
    counters: readonly UdpCounters[]
    listening: () => ListeningSocket[]
    traffic: () => TrafficReport
  },
): void {
  for (const counters of server.counters) exportUdpMetrics(registry, counters)
  showListening(registry, () => server.listening())
  showPeers(registry, () => server.traffic())
}

type Add = (value: number, labels?: Record<string, string>) => void

function register(registry: Registry, counts: readonly UdpCounters[]): void {
  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    read: (counters: UdpCounters, add: Add) => void | Promise<void>,
  ): void => {
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        async collect() {
          this.reset()
          for (const counters of counts)
            await read(counters, (value, labels = {}) => this.inc(labels, value))
        },
      }),
    )
  }
  counter(
    'sockyard_udp_datagrams_total',
    'Datagrams received and sent',
    ['direction'],
    (counters, add) => {
      add(counters.received, { direction: 'received' })
      add(counters.sent, { direction: 'sent' })
    },
  )
  counter('sockyard_udp_bytes_total', 'Bytes of payload', ['direction'], (counters, add) => {
    add(counters.receivedBytes, { direction: 'received' })
    add(counters.sentBytes, { direction: 'sent' })
  })
  counter(
    'sockyard_udp_unsent_total',
    'Datagrams not sent, by reason',
    ['reason'],
    (counters, add) => {
      for (const [reason, count] of counters.unsent) add(count, { reason })
    },
  )
  counter(UDP_KERNEL_DROPS.name, UDP_KERNEL_DROPS.help, [], async (counters, add) =>
    add(await counters.kernelDrops()),
  )
}
