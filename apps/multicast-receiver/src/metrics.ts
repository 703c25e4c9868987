import { Counter, Gauge, Histogram, type Registry } from '@sockyard/service/prometheus'

import type { FlowCounts } from './flow.ts'

interface Gauges {
  senders: () => number
  memberships: () => number
}

/** What the receiver exports beside the datagrams and kernel drops of its sockets. */
export interface ReceiverMetrics {
  /** What came in the last second. */
  counted: (byGroup: ReadonlyMap<string, FlowCounts>) => void
  delayed: (group: string, micros: number) => void
  membershipLost: (reason: string) => void
}

/** From the grain of a clock to what a person notices. */
const DELAY_BUCKETS_SECONDS = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1]

export function createReceiverMetrics(registry: Registry, gauges: Gauges): ReceiverMetrics {
  const registers = [registry]
  const counter = (name: string, help: string, label = 'group') =>
    new Counter({ name: `sockyard_multicast_${name}`, help, labelNames: [label], registers })
  const counters = {
    received: counter('received_total', 'Datagrams received, without duplicates'),
    lost: counter('lost_total', 'Datagrams skipped by the numbers of their senders'),
    duplicated: counter('duplicated_total', 'Further copies of datagrams'),
    reordered: counter('reordered_total', 'Datagrams after one that was sent later'),
    malformed: counter('malformed_total', 'Datagrams with our header in an unknown version'),
  }
  const lost = counter('memberships_lost_total', 'Memberships lost, by reason', 'reason')
  const delay = new Histogram({
    name: 'sockyard_multicast_delay_seconds',
    help: 'One-way delay by the clocks of both sides',
    labelNames: ['group'],
    buckets: DELAY_BUCKETS_SECONDS,
    registers,
  })
  const delays = new Map<string, ReturnType<typeof delay.labels>>()
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `sockyard_multicast_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('senders', 'Senders measured now', gauges.senders)
  gauge('memberships', 'Groups joined now, on each interface', gauges.memberships)
  return {
    counted(byGroup) {
      for (const [group, counts] of byGroup)
        for (const [name, each] of Object.entries(counters))
          each.inc({ group }, counts[name as keyof FlowCounts])
    },
    delayed(group, micros) {
      let ofGroup = delays.get(group)
      if (ofGroup === undefined) delays.set(group, (ofGroup = delay.labels({ group })))
      ofGroup.observe(micros / 1_000_000)
    },
    membershipLost: (reason) => lost.inc({ reason }),
  }
}
