import { formatMicros } from '@sockyard/probe/report'

import { html, type Markup } from './html.ts'
import type { RunResult } from './run-file.ts'

type Facts = RunResult['facts']

const WIDTH = 600
const NONE: readonly Markup[] = []

/** Pictures of what was measured, where there is something to draw. */
export function chartsOf(facts: Facts): Markup[] {
  return [
    ...distribution('connecting', facts['connectMicros']),
    ...distribution('round trip', facts['rttMicros']),
    ...lossInterval(facts['lossInterval']),
    ...ladder(facts['rungs']),
  ]
}

const PERCENTILES = ['min', 'p50', 'p90', 'p99', 'max'] as const

/** Percentiles on a logarithmic axis, with the figures as text below. */
function distribution(name: string, summary: unknown): readonly Markup[] {
  const known = PERCENTILES.flatMap((each) => {
    const micros = numberAt(summary, each)
    return micros === undefined ? [] : [{ label: each, micros }]
  })
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined || known.length < 2) return NONE
  const place = logarithmic(first.micros, last.micros)
  const figures = known.map(({ label, micros }) => `${label} ${formatMicros(micros)}`).join(', ')
  const from = place(first.micros)
  const box = place(known.find(({ label }) => label === 'p90')?.micros ?? last.micros)
  return [
    html`<figure>
      <svg viewBox="0 0 ${WIDTH} 34" role="img" aria-label="${`${name}: ${figures}`}">
        <line class="axis" x1="${from}" x2="${place(last.micros)}" y1="17" y2="17" />
        <rect class="box" x="${from}" width="${Math.max(2, box - from)}" y="8" height="18" />
        ${known.map(
          ({ micros }) =>
            html`<line class="tick" x1="${place(micros)}" x2="${place(micros)}" y1="4" y2="30" />`,
        )}
      </svg>
      <figcaption>${name}: ${figures}</figcaption>
    </figure>`,
  ]
}

function logarithmic(from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log(Math.max(0.001, from)), Math.log(Math.max(0.001, to))]
  const span = high - low || 1
  return (value) => rounded(4 + ((Math.log(Math.max(0.001, value)) - low) / span) * (WIDTH - 8))
}

/** The share of lost datagrams with its bounds, on an axis of 0 to 100 %. */
function lossInterval(interval: unknown): readonly Markup[] {
  if (!Array.isArray(interval)) return NONE
  const [low, high] = interval.map(Number)
  if (low === undefined || high === undefined) return NONE
  const caption = `loss between ${(low * 100).toFixed(1)} and ${(high * 100).toFixed(1)} %, with 95 % confidence`
  return [
    html`<figure>
      <svg viewBox="0 0 ${WIDTH} 24" role="img" aria-label="${caption}">
        <line class="axis" x1="0" x2="${WIDTH}" y1="12" y2="12" />
        <rect
          class="box"
          x="${rounded(low * WIDTH)}"
          width="${Math.max(2, rounded((high - low) * WIDTH))}"
          y="3"
          height="18"
        />
      </svg>
      <figcaption>${caption} (the line is 0 to 100 %)</figcaption>
    </figure>`,
  ]
}

/** Connections that were left alone: a step for each time, without and with keepalive. */
function ladder(rungs: unknown): readonly Markup[] {
  if (!Array.isArray(rungs) || rungs.length === 0) return NONE
  return [
    html`<table class="ladder">
      <caption>
        left alone for so long
      </caption>
      <tr>
        <th scope="col">idle</th>
        <th scope="col">without keepalive</th>
        <th scope="col">with keepalive</th>
      </tr>
      ${rungs.map(
        (rung: unknown) =>
          html`<tr>
            <th scope="row">${(numberAt(rung, 'idleMillis') ?? 0) / 1_000} s</th>
            ${step(textAt(rung, 'outcome'))}${step(textAt(rung, 'keepaliveOutcome'))}
          </tr>`,
      )}
    </table>`,
  ]
}

function step(outcome: string): Markup {
  return html`<td class="${outcome === 'whole' ? 'ok' : 'fail'}">${outcome}</td>`
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

function valueAt(record: unknown, name: string): unknown {
  const isObject = typeof record === 'object' && record !== null
  return isObject ? (record as Readonly<Record<string, unknown>>)[name] : undefined
}

function numberAt(record: unknown, name: string): number | undefined {
  const value = valueAt(record, name)
  return typeof value === 'number' ? value : undefined
}

function textAt(record: unknown, name: string): string {
  const value = valueAt(record, name)
  return typeof value === 'string' ? value : 'unknown'
}
