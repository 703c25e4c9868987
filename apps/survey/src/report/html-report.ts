import { wayOf } from '../host/run-report.ts'
import type { Change } from './changes.ts'
import { chartsOf } from './charts.ts'
import { STYLE } from './html-style.ts'
import { html, Markup } from './html.ts'
import { meshSections } from './mesh-html.ts'
import type { Run, RunResult } from './run-file.ts'

const VERDICTS = ['fail', 'warn', 'ok', 'skipped'] as const
/** With a word beside it: colour alone is lost on readers who cannot see it. */
const SHOWN = { fail: 'failed', warn: 'warning', ok: 'ok', skipped: 'skipped' } as const

/**
 * A run as one HTML page that loads nothing and runs no script: the filters are CSS.
 *
 * @param changes since an earlier run; undefined where none was given
 */
export function htmlReport(run: Run, changes?: readonly Change[]): string {
  const title = `Network survey of ${run.hosts.join(', ')}`
  const single = run.results.filter(({ from }) => from === null)
  const isMesh = single.length < run.results.length
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p>
            ${started(run)}, profile
            ${run.profile}.${run.isWhole ? '' : ' It did not come to its end: what was found until then is here.'}
          </p>
          ${filters(run.results)} ${changes === undefined ? [] : changesSection(changes)}
          ${isMesh ? meshSections(run) : []}
          ${[...new Set(single.map(hostOf))].map((host) => hostSection(host, single))}
        </main>
      </body>
    </html> `
  return page.source
}

function started({ startedAt }: Run): Markup {
  const shown = `${startedAt.slice(0, 16).replace('T', ' ')} UTC`
  return html`<time datetime="${startedAt}">${shown}</time>`
}

/** How many there are of each verdict; switched off, they are hidden. */
function filters(results: readonly RunResult[]): Markup {
  return html`<fieldset>
    <legend>Show</legend>
    ${VERDICTS.map((verdict) => {
      const count = results.filter((each) => each.verdict === verdict).length
      return html`<label class="${verdict}"
        ><input type="checkbox" id="show-${verdict}" checked /> ${count} ${SHOWN[verdict]}</label
      > `
    })}
  </fieldset>`
}

function changesSection(changes: readonly Change[]): Markup {
  if (changes.length === 0)
    return html`<h2>Changes</h2>
      <p>None since the earlier run.</p>`
  return html`<h2>Changes since the earlier run</h2>
    <ul>
      ${changes.map(
        ({ check, way, text, isWorse }) =>
          html`<li>
            <strong class="${isWorse ? 'fail' : 'ok'}">${isWorse ? 'worse' : 'changed'}</strong>
            <code>${check}</code> ${way}: ${text}
          </li>`,
      )}
    </ul>`
}

/** The address without its port: all services of one address stand together. */
function hostOf({ target }: RunResult): string {
  return target.replace(/:\d+$/, '')
}

function hostSection(host: string, results: readonly RunResult[]): Markup {
  return html`<section>
    <h2>${host}</h2>
    ${results.filter((each) => hostOf(each) === host).map(resultArticle)}
  </section>`
}

function resultArticle(result: RunResult): Markup {
  const { check, verdict, summary, evidence, cause, remedy, reference, facts } = result
  return html`<article class="${verdict}">
    <h3>
      <span class="${`verdict ${verdict}`}">${SHOWN[verdict]}</span> ${check}
      <small>${wayOf(result)}</small>
    </h3>
    <p>${summary}</p>
    ${cause === null ? [] : html`<p><b>Cause:</b> ${cause}</p>`}
    ${remedy === null ? [] : html`<p><b>Do:</b> ${remedy}</p>`}
    ${reference === null ? [] : html`<p><b>See:</b> ${referenceLink(reference)}</p>`}
    ${chartsOf(facts)}
    ${
      evidence.length === 0
        ? []
        : html`<ul>
            ${evidence.map((each) => html`<li>${each}</li>`)}
          </ul>`
    }
  </article>`
}

function referenceLink(reference: string): Markup {
  const [, number] = /^RFC (\d+)/.exec(reference) ?? []
  if (number === undefined) return html`${reference}`
  return html`<a href="https://www.rfc-editor.org/rfc/rfc${number}">${reference}</a>`
}
