import type { Benchmark } from './benchmark.ts'
import { leftOutLines, resultTable } from './result-table.ts'
import type { BenchmarkResult, Results } from './results.ts'
import { verdictTable } from './verdict-table.ts'
import type { Verdict } from './verdicts.ts'

const HEAD = `# Benchmarks

Written by \`pnpm bench --out docs\`. \`pnpm bench\` does the same on your machine, into \`bench/results\`.
How it measures, and how to add to it, stands in [bench/README.md](../bench/README.md).`

/** docs/benchmarks.md: the machine, the targets, and each benchmark with its chart. */
export function page(
  results: Results,
  benchmarks: readonly Benchmark[],
  verdicts: readonly Verdict[],
): string {
  const sections = benchmarks.flatMap((benchmark) => {
    const result = results.benchmarks.find(({ name }) => name === benchmark.name)
    return result === undefined ? [] : [section(benchmark, result)]
  })
  const parts = [HEAD, machine(results), targets(verdicts), ...sections]
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`
}

function machine({ machine: found }: Results): string {
  const { processor, cores, memoryGiB, kernel, node, compiler } = found
  return `## The machine

${processor}, ${cores} cores, ${memoryGiB} GiB of memory. ${kernel}, Node ${node}, ${compiler}.

With two cores or more the server runs on core 1 and the load on core 0, both over loopback. Contestants
take turns, A B A B; a figure is the median of the rounds, with the lowest and the highest; a ratio is the
median of the ratios of each round. What a side took of a core stands beside it: a server at less than a
core waited for the load, the network or another process. The rules of the services are on.`
}

function targets(verdicts: readonly Verdict[]): string {
  return verdicts.length === 0 ? '' : `## Targets\n\n${verdictTable(verdicts)}`
}

/** A benchmark's heading, what it measures, chart, table, what was left out, and how to run it again. */
export function section(benchmark: Benchmark, result: BenchmarkResult): string {
  const { rounds, secondsEach, time } = result
  return [
    `## ${benchmark.title}`,
    benchmark.about,
    `![${benchmark.title}](benchmarks/${benchmark.name}.svg)`,
    resultTable(benchmark, result),
    leftOutLines(result)
      .map((line) => `- ${line}`)
      .join('\n'),
    `\`pnpm bench ${benchmark.name} --rounds ${rounds} --seconds ${secondsEach}\`, ${time.slice(0, 10)}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}
