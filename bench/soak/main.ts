import { resolve } from 'node:path'

import { UsageError } from '@sockyard/cli/errors'
import {
  configure,
  decimal,
  describeOptions,
  integer,
  parseArguments,
  text,
} from '@sockyard/cli/options'
import { z } from 'zod'

import { describeMachine } from '../harness/machine.ts'
import { ROOT } from '../harness/start-process.ts'
import { serviceTable, verdictLines, writeReport } from './report.ts'
import { runSoak } from './run-soak.ts'
import type { Watch } from './sample.ts'
import { judge, summarize } from './summary.ts'

const USAGE = `npm run soak [-- OPTION ...]    the whole yard under mixed traffic, with faults
  --hours HOURS      how long there is traffic (1)
  --minutes MINUTES  the same in minutes
  --seed NUMBER      of what is random (1)
  --out FOLDER       for soak.md, figures and charts (bench/results)
`

const HOURS = 1

const schema = z.strictObject({
  hours: decimal(undefined, { minimum: 0.001, maximum: 1000 }).meta({ conflicts: ['minutes'] }),
  minutes: decimal(undefined, { minimum: 0.1, maximum: 60_000 }),
  seed: integer(1, { maximum: 0xffff_ffff }),
  out: text('bench/results'),
})

interface Options {
  help: boolean
  minutes: number
  seed: number
  /** Where the page and its folder of charts and figures go. */
  out: string
}

/** @throws {UsageError} */
function parseCommandLine(words: readonly string[]): Options {
  const descriptions = describeOptions(schema)
  const { values, operands, common } = parseArguments(words, descriptions)
  const given = configure(schema, descriptions, { flags: values, environment: new Map() })
  const [stray] = operands
  if (stray !== undefined) throw new UsageError('soak', stray, 'takes no operands')
  const { hours = HOURS, minutes = hours * 60, seed, out } = given
  return { help: common.help, minutes, seed, out }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** One line a sample: enough to see that it goes on, and whether something grows. */
function showSample(seconds: number, watches: readonly Watch[]): void {
  const last = watches.flatMap(({ samples }) => samples.at(-1) ?? [])
  const sum = (of: 'heapBytes' | 'descriptors'): number =>
    last.reduce((total, sample) => total + sample[of], 0)
  const loop = Math.max(...last.map(({ loopP99Millis }) => loopP99Millis))
  say(
    `${(seconds / 60).toFixed(1)} min: heap ${(sum('heapBytes') / 1e6).toFixed(1)} MB, ${sum('descriptors')} descriptors, loop p99 at most ${loop.toFixed(1)} ms`,
  )
}

async function soak({ minutes, seed, out }: Options): Promise<void> {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort())
  const startedAt = new Date().toISOString()
  const run = await runSoak({ minutes, seed, signal: interrupted.signal, onSample: showSample })
  const services = run.records.map((record) => summarize(record, run.slopeFrom))
  const traffic = Object.fromEntries(
    [...run.traffic].map(([name, { counts, failures, messages }]) => [
      name,
      { counts, failures, messages },
    ]),
  )
  const verdicts = judge(services, traffic)
  const { minutes: measured, slopeFrom, records } = run
  const machine = describeMachine()
  const folder = resolve(ROOT, out)
  await writeReport(folder, {
    machine,
    startedAt,
    minutes: measured,
    slopeFrom,
    verdicts,
    services,
    traffic,
    records,
  })
  say(`\n${serviceTable(services)}\n\n${verdictLines(verdicts)}\n\n${folder}/soak.md`)
  if (verdicts.some(({ kept }) => kept === false)) process.exitCode = 1
}

try {
  const options = parseCommandLine(process.argv.slice(2))
  if (options.help) process.stdout.write(USAGE)
  else await soak(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`soak: ${error.message}\n`)
  process.exitCode = 2
}
