import { Counter, type Registry } from './prometheus.ts'

export interface UdpTally {
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
const talliesOf = new WeakMap<Registry, UdpTally[]>()

/** Exports the plain numbers an endpoint counts; they become metrics only when somebody scrapes. */
export function exportUdpMetrics(registry: Registry, tally: UdpTally): void {
  const tallies = talliesOf.get(registry)
  if (tallies === undefined) {
    const first = [tally]
    talliesOf.set(registry, first)
    register(registry, first)
  } else {
    tallies.push(tally)
  }
}

type Add = (value: number, labels?: Record<string, string>) => void

function register(registry: Registry, tallies: readonly UdpTally[]): void {
  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    read: (tally: UdpTally, add: Add) => void | Promise<void>,
  ): void => {
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        async collect() {
          this.reset()
          for (const tally of tallies)
            await read(tally, (value, labels = {}) => this.inc(labels, value))
        },
      }),
    )
  }
  counter(
    'sockyard_udp_datagrams_total',
    'Datagrams received and sent',
    ['direction'],
    (tally, add) => {
      add(tally.received, { direction: 'received' })
      add(tally.sent, { direction: 'sent' })
    },
  )
  counter('sockyard_udp_bytes_total', 'Bytes of payload', ['direction'], (tally, add) => {
    add(tally.receivedBytes, { direction: 'received' })
    add(tally.sentBytes, { direction: 'sent' })
  })
  counter(
    'sockyard_udp_unsent_total',
    'Datagrams not sent, by reason',
    ['reason'],
    (tally, add) => {
      for (const [reason, count] of tally.unsent) add(count, { reason })
    },
  )
  counter(
    'sockyard_udp_kernel_drops_total',
    'Datagrams the kernel dropped because the receive buffer was full',
    [],
    async (tally, add) => add(await tally.kernelDrops()),
  )
}
