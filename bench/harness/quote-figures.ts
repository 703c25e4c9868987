import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Benchmark } from './benchmark.ts'
import { section } from './page.ts'
import type { Results } from './results.ts'

/**
 * Puts figures into the pages of a folder that ask for them: between `<!-- bench NAME -->` and `<!-- end -->` stands
 * what benchmarks.md has of that benchmark, without its heading.
 */
export async function quoteFigures(
  folder: string,
  results: Results,
  benchmarks: readonly Benchmark[],
): Promise<void> {
  const pages = (await readdir(folder)).filter((file) => file.endsWith('.md'))
  for (const page of pages) {
    const file = join(folder, page)
    const text = await readFile(file, 'utf8')
    const quoted = quote(text, results, benchmarks)
    if (quoted !== text) await writeFile(file, quoted)
  }
}

/** What has not been measured stays as it is. */
export function quote(text: string, results: Results, benchmarks: readonly Benchmark[]): string {
  return text.replaceAll(
    /(<!-- bench ([\w-]+) -->\n)[^]*?(<!-- end -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const benchmark = benchmarks.find((each) => each.name === name)
      const result = results.benchmarks.find((each) => each.name === name)
      if (benchmark === undefined || result === undefined) return whole
      const body = section(benchmark, result).split('\n').slice(2).join('\n')
      return `${begin}\n${body}\n\n${end}`
    },
  )
}
