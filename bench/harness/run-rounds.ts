import { type Benchmark, type Contestant, LeftOutError, type Subject } from './benchmark.ts'
import type { BenchmarkResult, Cell } from './results.ts'

export interface Plan {
  rounds: number
  /** How long each run measures. */
  seconds: number
  /** Called before each run. */
  onRun: (caseName: string, contestant: string, round: number) => void
}

type Opened = { subject: Subject } | { reason: string }

/**
 * Runs a benchmark: each case by all contestants in turn, A B A B, as many rounds as planned. A
 * contestant that cannot take part, or fails, stands in the result with the reason.
 */
export async function runRounds(benchmark: Benchmark, plan: Plan): Promise<BenchmarkResult> {
  const time = new Date().toISOString()
  await using opened = await openAll(benchmark.contestants)
  const cells = benchmark.cases.flatMap((name) =>
    benchmark.contestants.map((contestant) => emptyCell(name, contestant)),
  )
  for (const name of benchmark.cases) {
    const row = cells.filter((cell) => cell.case === name)
    for (let round = 1; round <= plan.rounds; round += 1)
      for (const cell of row) await runOne(cell, opened.all.get(cell.contestant), round, plan)
  }
  return { name: benchmark.name, time, rounds: plan.rounds, secondsEach: plan.seconds, cells }
}

function emptyCell(name: string, { name: contestant, kind }: Contestant): Cell {
  return { case: name, contestant, kind, samples: [] }
}

async function runOne(cell: Cell, opened: Opened | undefined, round: number, plan: Plan) {
  if (cell.reason !== undefined && cell.samples.length === 0) return
  if (opened === undefined || 'reason' in opened) {
    cell.reason = opened?.reason ?? 'not started'
    return
  }
  plan.onRun(cell.case, cell.contestant, round)
  try {
    cell.samples.push(await opened.subject.sample(cell.case, plan.seconds))
  } catch (error) {
    cell.reason = messageOf(error)
    if (!(error instanceof LeftOutError)) cell.samples.push(null)
  }
}

async function openAll(contestants: readonly Contestant[]) {
  const all = new Map<string, Opened>()
  const stack = new AsyncDisposableStack()
  for (const contestant of contestants) {
    try {
      const subject = stack.use(await contestant.open())
      all.set(contestant.name, { subject })
    } catch (error) {
      all.set(contestant.name, { reason: messageOf(error) })
    }
  }
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
}
