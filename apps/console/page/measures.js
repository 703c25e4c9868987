import { computed, effect, signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'

import { Chart } from './chart.js'
import { csvOf, save } from './export.js'
import { html } from './html.js'
import { services } from './live.js'
import { measuresOf } from './measure-lines.js'
import { readMeasure } from './samples.js'

const RANGES = [
  ['5 minutes', 300],
  ['1 hour', 3_600],
  ['1 day', 86_400],
  ['30 days', 2_592_000],
]
const REFRESH_MILLIS = 5_000

const series = signal([])
const seconds = signal(RANGES[0][1])
/** Undefined: now. */
const until = signal(undefined)
const now = signal(Date.now() / 1_000)
/** Names of measures; undefined: the usual ones. */
const chosen = signal(undefined)
const measures = computed(() => measuresOf(series.value, services.value))
const range = computed(() => {
  const to = until.value ?? now.value
  return { from: to - seconds.value, to }
})

function isShown({ name, isUsual }) {
  return chosen.value?.has(name) ?? isUsual
}

/** What the services measure, now and back in time. */
export function Measures() {
  useEffect(() => {
    const refresh = () => {
      now.value = Date.now() / 1_000
      void readSeries()
    }
    refresh()
    const timer = setInterval(refresh, REFRESH_MILLIS)
    return () => clearInterval(timer)
  }, [])
  const shown = measures.value.filter(isShown)
  return html`<section aria-labelledby="measures">
    <h2 id="measures">Measures</h2>
    <${TimeForm} />
    <${Choice} />
    ${shown.length === 0 && html`<p>Nothing is measured yet.</p>`}
    ${shown.map((measure) => html`<${Measure} key=${measure.name} measure=${measure} />`)}
  </section>`
}

async function readSeries() {
  const response = await fetch('/api/series').catch(() => undefined)
  if (response?.ok) series.value = (await response.json()).series
}

function TimeForm() {
  return html`<form class="times" onSubmit=${(event) => event.preventDefault()}>
    <label
      >Length
      <select value=${seconds} onChange=${({ target }) => (seconds.value = Number(target.value))}>
        ${RANGES.map(([name, value]) => html`<option value=${value}>${name}</option>`)}
        ${
          RANGES.every(([, value]) => value !== seconds.value) &&
          html`<option value=${seconds}>${Math.round(seconds.value)} s</option>`
        }
      </select></label
    >
    <label
      >Until
      <input
        type="datetime-local"
        step="1"
        value=${localTime(until.value ?? now.value)}
        onChange=${({ target }) => (until.value = new Date(target.value).getTime() / 1_000)}
    /></label>
    <button type="button" onClick=${() => (until.value = range.value.from)}>Earlier</button>
    <button type="button" disabled=${until.value === undefined} onClick=${backToNow}>Now</button>
  </form>`
}

function backToNow() {
  until.value = undefined
  if (RANGES.every(([, value]) => value !== seconds.value)) seconds.value = RANGES[0][1]
}

/** As an input of datetime-local has it, in the time zone of the browser. */
function localTime(at) {
  const offset = new Date(at * 1_000).getTimezoneOffset() * 60
  return new Date((Math.floor(at) - offset) * 1_000).toISOString().slice(0, 19)
}

function Choice() {
  const choose = (name, isWanted) => {
    const names = new Set(measures.value.filter(isShown).map((each) => each.name))
    if (isWanted) names.add(name)
    else names.delete(name)
    chosen.value = names
  }
  return html`<details class="choice">
    <summary>Choose measures</summary>
    ${measures.value.map(
      (measure) =>
        html`<label key=${measure.name}
          ><input
            type="checkbox"
            checked=${isShown(measure)}
            onChange=${({ target }) => choose(measure.name, target.checked)}
          />
          ${measure.title}</label
        >`,
    )}
  </details>`
}

function Measure({ measure }) {
  const [data, setData] = useState(undefined)
  const canvas = useRef(null)
  const { name, title, unit, hidden } = measure
  const key = measure.lines.map(({ middle }) => middle).join()
  useEffect(() => {
    let isGone = false
    const stop = effect(() => {
      const wanted = range.value
      void readMeasure(measure, wanted).then(
        (read) => isGone || setData(read),
        () => undefined,
      )
    })
    return () => {
      isGone = true
      stop()
    }
  }, [key])
  const savePicture = () => canvas.current?.toBlob((blob) => save(`${name}.png`, blob))
  const saveTable = () => save(`${name}.csv`, new Blob([csvOf(data)], { type: 'text/csv' }))
  return html`<article class="measure">
    <h3>${title} <small>${name}, ${unit || 'a number'}</small></h3>
    ${
      data === undefined
        ? html`<div class="chart" />`
        : html`<${Chart}
            title=${title}
            unit=${unit}
            data=${data}
            onZoom=${zoomTo}
            onCanvas=${(each) => (canvas.current = each)}
          />`
    }
    <button type="button" aria-label=${`${name} as PNG`} onClick=${savePicture}>PNG</button>
    <button type="button" aria-label=${`${name} as CSV`} onClick=${saveTable}>CSV</button>
    ${hidden > 0 && html`<small> ${hidden} more lines are in /api/series</small>`}
  </article>`
}

function zoomTo({ from, to }) {
  seconds.value = to - from
  until.value = to
}
