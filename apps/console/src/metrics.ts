import { Counter, Gauge, type Registry } from '@sockyard/service/metrics'

import type { ServiceDirectory } from './services/service-directory.ts'

const STATES = ['up', 'down'] as const

/** What the console tells of itself. @param events how many were stored since the start */
export function exportMetrics(
  metrics: Registry,
  directory: Pick<ServiceDirectory, 'services'>,
  events: () => number,
): void {
  metrics.registerMetric(
    new Gauge({
      name: 'sockyard_console_services',
      help: 'Services that are followed, by state',
      labelNames: ['state'],
      registers: [],
      collect() {
        for (const wanted of STATES)
          this.set(
            { state: wanted },
            directory.services.filter(({ state }) => state === wanted).length,
          )
      },
    }),
  )
  metrics.registerMetric(
    new Counter({
      name: 'sockyard_console_events_total',
      help: 'Events of services that were stored',
      registers: [],
      collect() {
        this.reset()
        this.inc(events())
      },
    }),
  )
}
