import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createProcessMetrics } from './process-metrics.ts'
import { Registry } from './prometheus.ts'

test('the delay of an idle event loop does not hold the resolution of its measuring', async () => {
  const metrics = createProcessMetrics(() => 0)
  await sleep(350)
  const scraped = await metrics.metrics()
  const minimum = Number(/^nodejs_eventloop_lag_min_seconds (\S+)$/m.exec(scraped)?.[1])
  // What it was measured with, 100 ms, would be the least of all.
  expect(minimum).toBeLessThan(0.09)
})

test('dropped lines of the log are a metric', async () => {
  const metrics = createProcessMetrics(() => 42)
  expect(await metrics.metrics()).toContain('\nsockyard_log_dropped_lines_total 42\n')
})

/** The names, help texts and types of what a scrape tells of the process. */
function described(text: string): string[] {
  return text.split('\n').filter((line) => /^# (HELP|TYPE) (nodejs|process)/.test(line))
}

test('names and help texts are those of the library', async () => {
  const whole = createRequire(import.meta.url)('@prometheus-io/client')
  const register = new Registry()
  whole.collectDefaultMetrics({ register })
  const ours = described(await createProcessMetrics(() => 0).metrics())
  expect(ours.toSorted()).toEqual(described(await register.metrics()).toSorted())
})
