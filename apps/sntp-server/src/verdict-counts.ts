import { exportCounts } from '@sockyard/service/export-counts'
import type { Registry } from '@sockyard/service/prometheus'

import type { Verdict } from './verdict.ts'

type VerdictCounts = Record<Verdict['verdict'], number>

/** Counts verdicts, and exports the counts. */
export function createVerdictCounts(metrics: Registry): VerdictCounts {
  const counts: VerdictCounts = {
    answered: 0,
    leaked: 0,
    'port-zero': 0,
    'low-port': 0,
    'own-port': 0,
    'unspecified-source': 0,
    'multicast-source': 0,
    'broadcast-source': 0,
    denied: 0,
    'not-allowed': 0,
    malformed: 0,
    mode: 0,
    version: 0,
    'crypto-nak': 0,
    'mac-missing': 0,
    'mac-unknown-key': 0,
    'mac-wrong': 0,
    'rate-limited': 0,
  }
  exportCounts(metrics, {
    name: 'sockyard_sntp_verdicts_total',
    help: 'Datagrams received, by whether they were answered or why not',
    label: 'verdict',
    read: () => Object.entries(counts),
  })
  return counts
}
