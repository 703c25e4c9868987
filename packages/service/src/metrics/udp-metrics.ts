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
const endpointsOf = new WeakMap<Registry, UdpCounters[]>()

/** Exports the plain numbers an endpoint counts; they become metrics only on a scrape. */
export function exportUdpMetrics(registry: Registry, counters: UdpCounters): void {
  const counts = endpointsOf.get(registry)
  if (counts === undefined) {
    const first = [counters]
    endpointsOf.set(registry, first)
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

/** A counter, and how it reads the counts of one endpoint. */
interface UdpMetric {
  name: string
  help: string
  labelNames: string[]
  read: (counters: UdpCounters, add: Add) => void | Promise<void>
}

const METRICS: readonly UdpMetric[] = [
  {
    name: 'sockyard_udp_datagrams_total',
    help: 'Datagrams received and sent',
    labelNames: ['direction'],
    read({ received, sent }, add) {
      add(received, { direction: 'received' })
      add(sent, { direction: 'sent' })
    },
  },
  {
    name: 'sockyard_udp_bytes_total',
    help: 'Bytes of payload',
    labelNames: ['direction'],
    read({ receivedBytes, sentBytes }, add) {
      add(receivedBytes, { direction: 'received' })
      add(sentBytes, { direction: 'sent' })
    },
  },
  {
    name: 'sockyard_udp_unsent_total',
    help: 'Datagrams not sent, by reason',
    labelNames: ['reason'],
    read({ unsent }, add) {
      for (const [reason, count] of unsent) add(count, { reason })
    },
  },
  {
    ...UDP_KERNEL_DROPS,
    labelNames: [],
    read: async (counters, add) => add(await counters.kernelDrops()),
  },
]

function register(registry: Registry, counts: readonly UdpCounters[]): void {
  for (const { read, ...described } of METRICS)
    registry.registerMetric(
      new Counter({
        ...described,
        registers: [],
        async collect() {
          this.reset()
          for (const counters of counts)
            await read(counters, (value, labels = {}) => this.inc(labels, value))
        },
      }),
    )
}
