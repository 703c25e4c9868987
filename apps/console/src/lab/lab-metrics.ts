import { Counter, type Registry } from '@sockyard/service/metrics'

import type { Lab } from './lab.ts'

/** The runs of the lab, by what became of them. */
export function exportLabMetrics(metrics: Registry, lab: Pick<Lab, 'outcomes'>): void {
  metrics.registerMetric(
    new Counter({
      name: 'sockyard_console_lab_runs_total',
      help: 'Experiments of lab that were asked for, by outcome',
      labelNames: ['outcome'],
      registers: [],
      collect() {
        this.reset()
        for (const [outcome, count] of lab.outcomes) this.inc({ outcome }, count)
      },
    }),
  )
}
