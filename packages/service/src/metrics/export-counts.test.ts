import { expect, test } from 'vitest'

import { exportCounts } from './export-counts.ts'
import { Registry } from './prometheus.ts'

test('a scrape shows the counts as they are then, also those that are 0', async () => {
  const metrics = new Registry()
  const counts = { answered: 0, denied: 0 }
  const read = (): [string, number][] => Object.entries(counts)
  exportCounts(metrics, { name: 'verdicts_total', help: 'Verdicts', label: 'verdict', read })
  counts.answered = 2
  await metrics.metrics()
  counts.answered = 3
  const scraped = await metrics.metrics()
  expect(scraped).toContain('verdicts_total{verdict="answered"} 3\n')
  expect(scraped).toContain('verdicts_total{verdict="denied"} 0\n')
})
