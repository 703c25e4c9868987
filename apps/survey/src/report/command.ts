import type { Readable, Writable } from 'node:stream'

import { UsageError } from '@sockyard/cli/errors'
import { escapeText } from '@sockyard/cli/text'
import type { CommandContext } from '@sockyard/service/lifecycle'

import type { ReportOptions } from '../config.ts'
import { checkText, createRunReport, wayOf } from '../host/run-report.ts'
import { writeMeshReport } from '../mesh/mesh-report.ts'
import { type Change, changesBetween } from './changes.ts'
import { htmlReport } from './html-report.ts'
import { junitReport } from './junit.ts'
import { readRun, type Run, RunFileError, type RunResult } from './run-file.ts'
import { writeReport } from './write-report.ts'

/**
 * Shows a run that was stored, and writes it in other forms.
 *
 * @returns 0 when nothing failed, 1 otherwise; with `--fail-on warn` also for a warning
 * @throws {UsageError} when a file cannot be read or written, or holds no run
 */
export async function runReport(context: CommandContext<ReportOptions>): Promise<number> {
  const { operands, options, stdin, stdout } = context
  const [file] = operands
  if (file === undefined)
    throw new UsageError('FILE', undefined, 'is missing', 'missing argument FILE')
  const run = await read('FILE', file, stdin)
  const { baseline, html, junit, failOn } = options
  const before = baseline === undefined ? undefined : await read('--baseline', baseline, stdin)
  const changes = before && changesBetween(before, run)
  showRun(run, stdout)
  if (changes !== undefined) showChanges(changes, stdout)
  if (html !== undefined) await writeReport('--html', html, htmlReport(run, changes))
  if (junit !== undefined) await writeReport('--junit', junit, junitOf(run))
  return run.results.some(({ verdict }) => isFailure(verdict, failOn)) ? 1 : 0
}

function isFailure(verdict: RunResult['verdict'], failOn: ReportOptions['failOn']): boolean {
  return verdict === 'fail' || (failOn === 'warn' && verdict === 'warn')
}

async function read(name: string, file: string, stdin: Readable): Promise<Run> {
  try {
    return await readRun(file, stdin)
  } catch (error) {
    if (error instanceof RunFileError)
      throw new UsageError(name, file, error.message, error.message)
    const { code = String(error) } = error as NodeJS.ErrnoException
    throw new UsageError(name, file, `cannot be read (${code})`)
  }
}

function showRun({ profile, hosts, results, isWhole }: Run, stdout: Writable): void {
  const report = createRunReport(stdout, false, (each) =>
    each.from === null ? checkText(each) : [],
  )
  report.start({ profile, hosts: [...hosts], waitMillis: 0 })
  for (const each of results) report.sample(each)
  const pairs = results.filter(({ from }) => from !== null)
  if (pairs.length > 0) writeMeshReport(stdout, hosts, pairs)
  report.end(!isWhole)
}

function showChanges(changes: readonly Change[], stdout: Writable): void {
  const lines = changes.map(
    ({ check, way, text, isWorse }) =>
      `${(isWorse ? 'WORSE' : 'CHANGED').padEnd(7)}  ${check.padEnd(16)} ${way}  ${text}`,
  )
  const all = ['', ...(lines.length === 0 ? ['no changes since the earlier run'] : lines)]
  stdout.write(`${all.map((line) => escapeText(line)).join('\n')}\n`)
}

function junitOf({ results }: Run): string {
  const cases = results.map((each) => {
    const { check, verdict: status, ...verdict } = each
    return { check, target: wayOf(each), verdict: { status, ...verdict } }
  })
  return junitReport('sockyard survey', cases)
}
