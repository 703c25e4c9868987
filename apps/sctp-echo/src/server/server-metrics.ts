import {
  Counter,
  Gauge,
  exportCounts,
  UDP_KERNEL_DROPS,
  type CountsToExport,
  type Registry,
} from '@sockyard/service/metrics'

/** Plain numbers, which become metrics only on a scrape. */
export interface ServerCounters {
  accepted: number
  /** Associations that ended, by how: `shutdown`, `lost`. */
  ended: Map<string, number>
  /** Rejected associations, by reason. */
  refused: Map<string, number>
  /** Associations that we ended because nothing moved. */
  idle: number
  messages: { received: number; sent: number }
  bytes: { received: number; sent: number }
  /** Echoes that went nowhere: the peer had ended, or never acknowledged them. */
  unsent: number
}

/** Read from the running endpoint on a scrape. */
export interface ServerState {
  associations(): number
  /** Datagrams received, by what became of them. */
  packets(): ReadonlyMap<string, number>
  kernelDrops(): Promise<number>
}

export function createCounters(): ServerCounters {
  return {
    accepted: 0,
    ended: new Map(),
    refused: new Map(),
    idle: 0,
    messages: { received: 0, sent: 0 },
    bytes: { received: 0, sent: 0 },
    unsent: 0,
  }
}

/** One more of a kind. */
export function count(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1)
}

export function exportMetrics(
  registry: Registry,
  counters: ServerCounters,
  state: ServerState,
): void {
  const labelled = (
    name: string,
    help: string,
    label: string,
    read: CountsToExport['read'],
  ): void => exportCounts(registry, { name, help, label, read })
  const plain = (name: string, help: string, read: () => number | Promise<number>): void => {
    const collect = async function (this: Counter): Promise<void> {
      this.reset()
      this.inc(await read())
    }
    registry.registerMetric(new Counter({ name, help, registers: [], collect }))
  }
  registry.registerMetric(associationsGauge(state))
  plain('sockyard_sctp_accepted_total', 'Associations accepted', () => counters.accepted)
  plain('sockyard_sctp_idle_total', 'Associations ended as idle', () => counters.idle)
  plain('sockyard_sctp_unsent_total', 'Echoes the peer never acknowledged', () => counters.unsent)
  plain(UDP_KERNEL_DROPS.name, UDP_KERNEL_DROPS.help, () => state.kernelDrops())
  labelled('sockyard_sctp_refused_total', 'Associations rejected', 'reason', () => counters.refused)
  labelled('sockyard_sctp_ended_total', 'Associations that ended', 'how', () => counters.ended)
  labelled('sockyard_sctp_packets_total', 'Datagrams received', 'verdict', () => state.packets())
  labelled('sockyard_sctp_messages_total', 'Messages', 'direction', () =>
    Object.entries(counters.messages),
  )
  labelled('sockyard_sctp_bytes_total', 'Bytes of user data', 'direction', () =>
    Object.entries(counters.bytes),
  )
}

function associationsGauge(state: ServerState): Gauge {
  return new Gauge({
    name: 'sockyard_sctp_associations',
    help: 'Associations established',
    registers: [],
    collect() {
      this.set(state.associations())
    },
  })
}
