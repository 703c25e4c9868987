import type { DatagramVerdict } from '@sockyard/service/datagram-verdict'
import { exportCounts } from '@sockyard/service/export-counts'
import type { Registry } from '@sockyard/service/prometheus'

/** Every verdict, so that a reason that never occurred is exported as 0. */
export type VerdictCounts = Record<DatagramVerdict, number>

/** Counts what becomes of datagrams, and exports the counts. */
export function createVerdictCounts(metrics: Registry): VerdictCounts {
  const counts: VerdictCounts = {
    answered: 0,
    'port-zero': 0,
    'low-port': 0,
    'own-port': 0,
    'unspecified-source': 0,
    'multicast-source': 0,
    'broadcast-source': 0,
    denied: 0,
    'not-allowed': 0,
    'rate-limited': 0,
  }
  exportCounts(metrics, {
    name: 'sockyard_daytime_verdicts_total',
    help: 'Datagrams received, by whether they were answered or why not',
    label: 'verdict',
    read: () => Object.entries(counts),
  })
  return counts
}
