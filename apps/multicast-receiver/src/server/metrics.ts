import { Counter, Gauge, Histogram, type Registry } from '@sockyard/service/metrics'

import type { FlowTable } from './flow-table.ts'
import type { Flow, FlowCounts } from './flow.ts'

interface Gauges {
  flows: FlowTable
  memberships: () => number
}

/** As many senders as Prometheus is shown, the most recently heard first. */
const SENDERS_SHOWN = 100

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
  const counters = groupCounters(registry)
  const lost = counter(registry, 'memberships_lost_total', 'Memberships lost, by reason', 'reason')
  exportGauges(registry, gauges)
  exportSenders(registry, gauges.flows)
  return {
    counted(byGroup) {
      for (const [group, counts] of byGroup)
        for (const [name, each] of Object.entries(counters))
          each.inc({ group }, counts[name as keyof FlowCounts])
    },
    delayed: delayRecorder(registry),
    membershipLost: (reason) => lost.inc({ reason }),
  }
}

function groupCounters(registry: Registry): Record<keyof FlowCounts, Counter> {
  const ofGroup = (name: string, help: string) => counter(registry, name, help, 'group')
  return {
    received: ofGroup('received_total', 'Datagrams received, without duplicates'),
    lost: ofGroup('lost_total', 'Datagrams lost, by gaps in the sequence numbers'),
    duplicated: ofGroup('duplicated_total', 'Duplicate datagrams'),
    reordered: ofGroup('reordered_total', 'Datagrams received out of order'),
    malformed: ofGroup(
      'malformed_total',
      'Datagrams with an unknown version of the Sockyard header',
    ),
  }
}

function counter(registry: Registry, name: string, help: string, label: string): Counter {
  const registers = [registry]
  return new Counter({ name: `sockyard_multicast_${name}`, help, labelNames: [label], registers })
}

function delayRecorder(registry: Registry): ReceiverMetrics['delayed'] {
  const delay = new Histogram({
    name: 'sockyard_multicast_delay_seconds',
    help: 'One-way delay by the clocks of both sides',
    labelNames: ['group'],
    buckets: DELAY_BUCKETS_SECONDS,
    registers: [registry],
  })
  const delays = new Map<string, ReturnType<typeof delay.labels>>()
  return (group, micros) => {
    let ofGroup = delays.get(group)
    if (ofGroup === undefined) delays.set(group, (ofGroup = delay.labels({ group })))
    ofGroup.observe(micros / 1_000_000)
  }
}

function exportGauges(registry: Registry, { flows, memberships }: Gauges): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `sockyard_multicast_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  gauge('senders', 'Senders measured now', () => flows.size)
  gauge('memberships', 'Groups joined now, on each interface', memberships)
}

/** What is known of each sender to each group; the most recently heard ones. */
function exportSenders(registry: Registry, table: FlowTable): void {
  const labelNames = ['group', 'source', 'sender']
  const shown = () =>
    table.flows
      .toSorted((one, other) => other.order - one.order)
      .slice(0, SENDERS_SHOWN)
      .map((flow) => ({ flow, labels: labelsOf(flow) }))
  const ofSender = (name: 'received' | 'lost', help: string) =>
    new Counter({
      name: `sockyard_multicast_sender_${name}_total`,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset()
        for (const { flow, labels } of shown()) this.inc(labels, flow.counts()[name])
      },
    })
  const lastReceived = new Gauge({
    name: 'sockyard_multicast_last_received_timestamp_seconds',
    help: 'Time of the last datagram, in seconds since 1970, by group and sender',
    labelNames,
    registers: [],
    collect() {
      this.reset()
      const [now, wall] = [performance.now(), Date.now()]
      for (const { flow, labels } of shown())
        this.set(labels, (wall - flow.unheardMillis(now)) / 1_000)
    },
  })
  registry.registerMetric(ofSender('received', 'Datagrams received of each sender to a group'))
  registry.registerMetric(ofSender('lost', 'Datagrams lost of each sender to a group'))
  registry.registerMetric(lastReceived)
}

function labelsOf({ id: { group, source, sender } }: Flow): Record<string, string> {
  return { group, source: source.text, sender: String(sender ?? '') }
}
