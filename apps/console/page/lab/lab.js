import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { html } from '../html.js'
import { visible } from '../text.js'
import { Player } from './player.js'

/** Why there are none. */
const REASONS = {
  off: 'The lab is switched off (--no-lab).',
  missing: 'There is no lab beside this console: the image of a service holds no other app.',
}

const overview = signal(undefined)
const chosen = signal('connection')
const run = signal(undefined)
const isRunning = signal(false)
const fault = signal('')

/** The experiments of lab: each is run by the console, and shown step by step. */
export function Lab() {
  useEffect(() => void readOverview(), [])
  return html`<section aria-labelledby="lab">
    <h2 id="lab">Lab</h2>
    ${overview.value !== undefined && html`<${Choice} overview=${overview.value} />`}
    ${fault.value !== '' && html`<p role="alert">${visible(fault.value)}</p>`}
    ${run.value !== undefined && html`<${Player} key=${run.value.steps[0]?.at} run=${run.value} />`}
  </section>`
}

function Choice({ overview: { state, experiments } }) {
  if (state !== 'ready') return html`<p>${REASONS[state]}</p>`
  const about = experiments.find(({ experiment }) => experiment === chosen.value)?.about ?? ''
  return html`<form class="experiment" onSubmit=${start}>
      <label
        >Experiment${' '}
        <select value=${chosen} onChange=${({ target }) => (chosen.value = target.value)}>
          ${experiments.map(({ experiment }) => html`<option key=${experiment}>${visible(experiment)}</option>`)}
        </select></label
      >
      <button aria-disabled=${String(isRunning.value)}>
        ${isRunning.value ? 'Running' : 'Run'}
      </button>
    </form>
    <p>${visible(about)}</p>`
}

async function readOverview() {
  overview.value ??= await answerOf(fetch('/api/lab'))
}

async function start(event) {
  event.preventDefault()
  if (isRunning.value) return
  isRunning.value = true
  const query = new URLSearchParams({ experiment: chosen.value })
  run.value = (await answerOf(fetch(`/api/lab?${query}`, { method: 'POST' }))) ?? run.value
  isRunning.value = false
}

/** What the console answered; or undefined, and why is shown. */
async function answerOf(asked) {
  fault.value = ''
  try {
    const response = await asked
    if (response.ok) return await response.json()
    fault.value = await response.text()
  } catch {
    fault.value = 'The console does not answer.'
  }
  return undefined
}
