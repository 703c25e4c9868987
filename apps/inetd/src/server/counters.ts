import { Counter, Gauge, type Registry } from '@sockyard/service/metrics'

/** What is counted, for each service. */
export interface InetdCounters {
  /** A program was started, or an internal service has answered. */
  started(service: string): void
  rejected(service: string, reason: string): void
  /** @param end the exit code, a signal, or the errno of a program that was not started */
  ended(service: string, end: string): void
}

/** @param running how many programs of each service run now */
export function createCounters(
  registry: Registry,
  running: () => Iterable<readonly [service: string, count: number]>,
): InetdCounters {
  const labelled = <Label extends string>(
    name: string,
    help: string,
    ...labelNames: Label[]
  ): Counter<Label> => new Counter({ name, help, labelNames, registers: [registry] })
  const started = labelled(
    'sockyard_inetd_started_total',
    'Programs started, or answers of an internal service',
    'service',
  )
  const rejected = labelled(
    'sockyard_inetd_refused_total',
    'Clients rejected, by reason',
    'service',
    'reason',
  )
  const ended = labelled(
    'sockyard_inetd_ended_total',
    'Programs ended, by exit code, signal or errno',
    'service',
    'end',
  )
  registry.registerMetric(runningGauge(running))
  return {
    started: (service) => started.inc({ service }),
    rejected: (service, reason) => rejected.inc({ service, reason }),
    ended: (service, end) => ended.inc({ service, end }),
  }
}

function runningGauge(running: () => Iterable<readonly [string, number]>): Gauge<'service'> {
  return new Gauge({
    name: 'sockyard_inetd_running',
    help: 'Programs running',
    labelNames: ['service'],
    registers: [],
    collect() {
      this.reset()
      for (const [service, count] of running()) this.set({ service }, count)
    },
  })
}
