import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import type { Benchmark } from './benchmark.ts'
import { drawChart } from './chart.ts'
import { page } from './page.ts'
import { quoteFigures } from './quote-figures.ts'
import type { Results } from './results.ts'
import { judge, type Target } from './verdicts.ts'

/**
 * Writes benchmarks.md, and beside it a folder with a chart of each benchmark and results.json. What was
 * measured before on the same machine, and not now, stays.
 */
export async function writeOut(
  folder: string,
  now: Results,
  benchmarks: readonly Benchmark[],
  targets: readonly Target[],
): Promise<void> {
  const figures = join(folder, 'benchmarks')
  await mkdir(figures, { recursive: true })
  const file = join(figures, 'results.json')
  const results = existsSync(file) ? merge(JSON.parse(await readFile(file, 'utf8')), now) : now
  for (const result of now.benchmarks) {
    const benchmark = benchmarks.find(({ name }) => name === result.name)
    if (benchmark === undefined) continue
    await writeFile(join(figures, `${result.name}.svg`), drawChart(benchmark, result))
  }
  const verdicts = targets.flatMap((target) => judge(target, results.benchmarks))
  await writeFile(file, `${JSON.stringify({ ...results, verdicts }, undefined, 2)}\n`)
  await writeFile(join(folder, 'benchmarks.md'), page(results, benchmarks, verdicts))
  await quoteFigures(folder, results, benchmarks)
}

/** The figures of two runs on one machine; those of now count. Figures of another machine go. */
export function merge(before: Results, now: Results): Results {
  if (!isDeepStrictEqual(before.machine, now.machine)) return now
  const names = new Set(now.benchmarks.map(({ name }) => name))
  const kept = before.benchmarks.filter(({ name }) => !names.has(name))
  return { machine: now.machine, benchmarks: [...kept, ...now.benchmarks] }
}
