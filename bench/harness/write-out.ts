import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Machine } from './machine.ts'
import type { BenchmarkResult, Results } from './results.ts'

/** Writes figures, charts and page below a folder, and says where. */
export async function writeOut(
  folder: string,
  machine: Machine,
  benchmarks: BenchmarkResult[],
): Promise<string> {
  const figures = join(folder, 'benchmarks')
  await mkdir(figures, { recursive: true })
  const results: Results = { machine, benchmarks }
  await writeFile(join(figures, 'results.json'), `${JSON.stringify(results, undefined, 1)}\n`)
  return `written: ${figures}`
}
