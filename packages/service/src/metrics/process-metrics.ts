import { collectProcessMetrics, Counter, Registry } from './prometheus.ts'

/** The library's default of 10 ms would be the only work of an idle server. */
const RESOLUTION_MILLIS = 100
/** How often the utilization of the event loop is noted: each time is JavaScript. */
const UTILIZATION_MILLIS = 1_000
/** What perf_hooks counts from one look at the clock to the next: the delay and the resolution. */
const DELAYS = ['min', 'max', 'mean', 'p50', 'p90', 'p99']

/** A registry with what the library tells of a process of Node, its CPU time, and the losses of its log. */
export function createProcessMetrics(droppedLogLines: () => number): Registry {
  const metrics = new Registry()
  collectProcessMetrics(metrics, {
    eventLoopMonitoringPrecision: RESOLUTION_MILLIS,
    eventLoopUtilizationTimeout: UTILIZATION_MILLIS,
  })
  for (const each of DELAYS) withoutResolution(metrics, `nodejs_eventloop_lag_${each}_seconds`)
  const counters: readonly (readonly [name: string, help: string, read: () => number])[] = [
    [
      'process_cpu_user_seconds_total',
      'Total user CPU time spent in seconds.',
      () => cpuSeconds('user'),
    ],
    [
      'process_cpu_system_seconds_total',
      'Total system CPU time spent in seconds.',
      () => cpuSeconds('system'),
    ],
    [
      'process_cpu_seconds_total',
      'Total user and system CPU time spent in seconds.',
      () => cpuSeconds('user', 'system'),
    ],
    [
      'sockyard_log_dropped_lines_total',
      'Log lines dropped because their reader is slow or the disk is full',
      droppedLogLines,
    ],
  ]
  for (const [name, help, read] of counters) metrics.registerMetric(counter(name, help, read))
  return metrics
}

function cpuSeconds(...kinds: readonly ('user' | 'system')[]): number {
  const usage = process.cpuUsage()
  return kinds.reduce((micros, kind) => micros + usage[kind], 0) / 1_000_000
}

function counter(name: string, help: string, read: () => number): Counter {
  return new Counter({
    name,
    help,
    registers: [],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

function withoutResolution(metrics: Registry, name: string): void {
  const metric = metrics.getSingleMetric(name)
  if (metric === undefined) return
  const measure = metric.get.bind(metric)
  metric.get = async () => {
    const measured = await measure()
    const values = measured.values.map((each) => ({
      ...each,
      value: Math.max(0, each.value - RESOLUTION_MILLIS / 1_000),
    }))
    return { ...measured, values }
  }
}
