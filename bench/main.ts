import { resolve } from 'node:path'

import { BENCHMARKS } from './benchmarks.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { type BenchOptions, parseCommandLine, USAGE, UsageError } from './harness/command-line.ts'
import { busyness, describeMachine } from './harness/machine.ts'
import { Progress } from './harness/progress.ts'
import { leftOutLines, resultTable } from './harness/result-table.ts'
import type { BenchmarkResult } from './harness/results.ts'
import { runRounds } from './harness/run-rounds.ts'
import { ROOT } from './harness/start-process.ts'
import { verdictTable } from './harness/verdict-table.ts'
import { judge } from './harness/verdicts.ts'
import { writeOut } from './harness/write-out.ts'
import { TARGETS } from './targets.ts'

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function runAll(chosen: readonly Benchmark[], options: BenchOptions) {
  const runs = chosen.reduce(
    (sum, { cases, contestants }) => sum + cases.length * contestants.length,
    0,
  )
  const progress = new Progress(process.stderr, runs * options.rounds)
  const results: BenchmarkResult[] = []
  for (const benchmark of chosen) {
    const result = await runRounds(benchmark, {
      ...options,
      onRun: (caseName, contestant, round) =>
        progress.next(`${benchmark.name}: ${caseName}, ${contestant}, round ${round}`),
    })
    progress.clear()
    results.push(result)
    say(
      [`\n${benchmark.title}`, resultTable(benchmark, result), ...leftOutLines(result)].join('\n'),
    )
  }
  return results
}

async function bench(options: BenchOptions): Promise<void> {
  const { names } = options
  const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name))
  const machine = describeMachine()
  say(
    Object.entries(machine)
      .map(([what, value]) => `${what}: ${value}`)
      .join('\n'),
  )
  const busy = busyness()
  if (busy !== undefined) say(busy)
  const measured = await runAll(chosen, options)
  const targets = TARGETS.filter(({ benchmark }) => chosen.some(({ name }) => name === benchmark))
  const verdicts = targets.flatMap((target) => judge(target, measured))
  if (verdicts.length > 0) say(`\n${verdictTable(verdicts)}`)
  const folder = resolve(ROOT, options.out)
  await writeOut(folder, { machine, benchmarks: measured }, BENCHMARKS, TARGETS)
  say(`\n${folder}/benchmarks.md`)
}

try {
  const options = parseCommandLine(
    process.argv.slice(2),
    BENCHMARKS.map(({ name }) => name),
  )
  if (options.help) process.stdout.write(USAGE)
  else if (options.list) for (const { name, title } of BENCHMARKS) say(`${name.padEnd(18)}${title}`)
  else await bench(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = 2
}
