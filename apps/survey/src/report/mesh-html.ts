import type { SurveyResult } from '@sockyard/protocol/results'

import { type Finding, findingsOf, matricesOf, type Matrix } from '../mesh/matrix.ts'
import { directionOf, patternText, SIGNS, waysText } from '../mesh/mesh-words.ts'
import { html, type Markup } from './html.ts'
import type { Run } from './run-file.ts'

const MOST_NAMED_WAYS = 12

/** The matrices and faults of a mesh: each of its results alone would make a page too long to read. */
export function meshSections({ hosts, results }: Run): Markup {
  const matrices = matricesOf(results)
  const findings = findingsOf(results)
  return html`<h2>Faults</h2>
    ${findings.length === 0 ? html`<p>None.</p>` : findings.map(findingArticle)}
    <h2>Every place asks every other</h2>
    <p>
      Rows ask columns; of a multicast check, rows receive from columns. <b class="ok">.</b> ok,
      <b class="warn">w</b> warning, <b class="fail">F</b> failed, <b class="skipped">-</b> skipped,
      ? not asked.
    </p>
    ${matrices.map((matrix) => matrixTable(matrix, hosts))}`
}

function matrixTable({ check, cells, counts }: Matrix, places: readonly string[]): Markup {
  const { fail, warn, ok, skipped } = counts
  const caption = `${check}: ${fail} failed, ${warn} warned, ${ok} ok, ${skipped} skipped`
  // Its own scroll bar, which the keyboard reaches too.
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${check}">
    <table class="matrix">
      <caption>
        ${caption}
      </caption>
      <tr>
        <td></td>
        ${places.map((_, index) => html`<th scope="col">${String(index + 1)}</th>`)}
      </tr>
      ${places.map(
        (from, index) =>
          html`<tr>
            <th scope="row">${String(index + 1)} ${from}</th>
            ${places.map((to) => matrixCell(cells.get(from)?.get(to), from === to))}
          </tr>`,
      )}
    </table>
  </div>`
}

function matrixCell(result: SurveyResult | undefined, isSelf: boolean): Markup {
  if (result === undefined) return html`<td>${isSelf ? '' : '?'}</td>`
  return html`<td class="${result.verdict}">${SIGNS[result.verdict]}</td>`
}

function findingArticle(finding: Finding): Markup {
  const { check, verdict, summary, evidence, cause, remedy, reference, ways, pattern } = finding
  const named = ways.slice(0, MOST_NAMED_WAYS).map((way) => directionOf(check, way))
  const more = ways.length > named.length ? `, and ${ways.length - named.length} more` : ''
  const where = pattern === undefined ? waysText(ways.length) : patternText(check, pattern)
  const word = verdict === 'fail' ? 'failed' : 'warning'
  return html`<article class="${verdict}">
    <h3><span class="${`verdict ${verdict}`}">${word}</span> ${check} <small>${where}</small></h3>
    <p>${summary}</p>
    <p><b>Ways:</b> ${named.join(', ')}${more}</p>
    ${cause === null ? [] : html`<p><b>Cause:</b> ${cause}</p>`}
    ${remedy === null ? [] : html`<p><b>Do:</b> ${remedy}</p>`}
    ${reference === null ? [] : html`<p><b>See:</b> ${reference}</p>`}
    <ul>
      ${evidence.map((each) => html`<li>${each}</li>`)}
    </ul>
  </article>`
}
