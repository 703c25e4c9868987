import { exportCounts } from '@sockyard/service/export-counts'
import { Counter, type Registry } from '@sockyard/service/prometheus'

import type { EngineCounts } from '../epoll/engine-counts.ts'

/** Exports how the connections are shared out, one count a worker. */
export function exportShares(metrics: Registry, workers: readonly EngineCounts[]): void {
  exportCounts(metrics, {
    name: 'sockyard_tcp_worker_accepted_total',
    help: 'Connections that each worker process has served',
    label: 'worker',
    read: () => workers.map((counts, index) => [String(index), counts.single('accepted')]),
  })
}

/** Counts the processes that ended though nobody had told them to. */
export function countDeaths(metrics: Registry): Counter {
  return new Counter({
    name: 'sockyard_tcp_worker_deaths_total',
    help: 'Worker processes that ended unasked',
    registers: [metrics],
  })
}
