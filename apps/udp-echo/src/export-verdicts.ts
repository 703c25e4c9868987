import { exportCounts } from '@sockyard/service/export-counts'
import type { Registry } from '@sockyard/service/prometheus'

import type { VerdictNumbers } from './verdict-numbers.ts'
import { VERDICTS } from './verdict.ts'

/** Exports the sum of what the threads count; a reason that never occurred is exported as 0. */
export function exportVerdicts(metrics: Registry, counted: readonly VerdictNumbers[]): void {
  exportCounts(metrics, {
    name: 'sockyard_udp_echo_verdicts_total',
    help: 'Datagrams received, by whether they were answered or why not',
    label: 'verdict',
    read: () =>
      VERDICTS.map((verdict) => [
        verdict,
        counted.reduce((sum, numbers) => sum + numbers.of(verdict), 0),
      ]),
  })
}
