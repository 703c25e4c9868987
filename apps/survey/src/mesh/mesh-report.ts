import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

import { escapeText } from '@sockyard/cli/text'
import type { SurveyResult } from '@sockyard/protocol/results'

import { checkText } from '../host/run-report.ts'
import { type Finding, findingsOf, matricesOf, type Matrix } from './matrix.ts'
import { directionOf, isMulticast, patternText, SIGNS, waysText } from './mesh-words.ts'

type Verdict = SurveyResult['verdict']

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'dim' } as const
const LEGEND = 'rows ask columns:  . ok  w warning  F failed  - skipped  ? not asked'
const MOST_NAMED_WAYS = 6
/** Columns of a matrix of figures that 80 columns have room for. */
const MOST_FIGURES = 8

/** The report card of a mesh: a line for each check that is well everywhere, a matrix for each other, and the faults. */
export function writeMeshReport(
  stdout: Writable,
  places: readonly string[],
  results: readonly SurveyResult[],
): void {
  const matrices = matricesOf(results)
  const faulty = matrices.filter((each) => !isWell(each))
  const blocks = [
    places.map((place, index) => `${String(index + 1).padStart(3)}  ${escapeText(place)}`),
    matrices.filter((each) => isWell(each)).map((each) => wellLine(each)),
    ...faulty.map((each) => matrixLines(each, places, stdout)),
    ...(faulty.length === 0 ? [] : [[LEGEND]]),
    latencyLines(matrices, places),
    ...results
      .filter(({ from, verdict }) => from === null && verdict === 'fail')
      .map((each) => checkText(each)),
    ...findingsOf(results).map((each) => findingLines(each)),
  ]
  const written = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'))
  stdout.write(`\n${written.join('\n\n')}\n`)
}

function isWell({ counts }: Matrix): boolean {
  return counts.warn + counts.fail === 0
}

function wellLine({ check, counts }: Matrix): string {
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`
  return `OK       ${check.padEnd(25)} ${waysText(counts.ok)}${skipped}`
}

function matrixLines(matrix: Matrix, places: readonly string[], stdout: Writable): string[] {
  const { ok, warn, fail, skipped } = matrix.counts
  const width = places.length > 20 ? 1 : String(places.length).length + 1
  const numbers = places.map((_, index) => String(index + 1).padStart(width)).join('')
  const rows = places.map((from, index) => {
    const cells = places.map((to) =>
      cell(
        from === to ? undefined : matrix.cells.get(from)?.get(to)?.verdict,
        from === to,
        width,
        stdout,
      ),
    )
    return `${String(index + 1).padStart(5)} ${cells.join('')}`
  })
  return [
    `${matrix.check}${isMulticast(matrix.check) ? ' (rows receive)' : ''}: ${fail} failed, ${warn} warned, ${ok} ok, ${skipped} skipped`,
    ...(width === 1 ? [] : [`      ${numbers}`]),
    ...rows,
  ]
}

function cell(
  verdict: Verdict | undefined,
  isSelf: boolean,
  width: number,
  stdout: Writable,
): string {
  if (verdict === undefined) return (isSelf ? ' ' : '?').padStart(width)
  const text = SIGNS[verdict].padStart(width)
  return styleText(COLOURS[verdict], text, { stream: stdout })
}

/** Median round trips, where there are few enough places to read them. */
function latencyLines(matrices: readonly Matrix[], places: readonly string[]): string[] {
  const loss = matrices.find(({ check }) => check === 'udp-loss')
  if (loss === undefined || places.length > MOST_FIGURES) return []
  const figure = (from: string, to: string): string => {
    const rtt = loss.cells.get(from)?.get(to)?.facts['rttMicros']
    const p50 =
      typeof rtt === 'object' && rtt !== null && 'p50' in rtt ? Number(rtt['p50']) : undefined
    return (p50 === undefined ? '' : (p50 / 1_000).toFixed(2)).padStart(9)
  }
  const numbers = places.map((_, index) => String(index + 1).padStart(9)).join('')
  const rows = places.map(
    (from, index) =>
      `${String(index + 1).padStart(5)} ${places.map((to) => figure(from, to)).join('')}`,
  )
  return ['median round trip of UDP, ms', `      ${numbers}`, ...rows]
}

function findingLines(finding: Finding): string[] {
  const { check, verdict, summary, evidence, cause, remedy, reference, ways, pattern } = finding
  const named = ways.slice(0, MOST_NAMED_WAYS).map((way) => directionOf(check, way))
  const more = ways.length > named.length ? `, and ${ways.length - named.length} more` : ''
  return [
    `${verdict.toUpperCase().padEnd(7)}  ${check}  ${pattern === undefined ? waysText(ways.length) : patternText(check, pattern)}`,
    ...(pattern === undefined ? [`         ways      ${named.join(', ')}${more}`] : []),
    `         seen      ${summary}`,
    ...evidence.map((each) => `         evidence  ${each}`),
    ...(cause === null ? [] : [`         cause     ${cause}`]),
    ...(remedy === null ? [] : [`         do        ${remedy}`]),
    ...(reference === null ? [] : [`         see       ${reference}`]),
  ].map((line) => escapeText(line))
}
