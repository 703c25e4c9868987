import { signal } from '@preact/signals'
import { render } from 'preact'

import { EventLog } from './event-log.js'
import { html } from './html.js'
import { connected, follow, services } from './live.js'
import { Yard } from './yard.js'

const VIEWS = {
  yard: Yard,
  measures: later(async () => (await import('./measures.js')).Measures),
  chat: later(async () => (await import('./chat/chat.js')).Chat),
  lab: later(async () => (await import('./lab/lab.js')).Lab),
  events: EventLog,
}
const view = signal(viewOfAddress())

function viewOfAddress() {
  const name = location.hash.slice(1)
  return Object.hasOwn(VIEWS, name) ? name : 'yard'
}

function Page() {
  const up = services.value.filter(({ state }) => state === 'up').length
  const state = connected.value ? `${up} of ${services.value.length} services up` : 'Connecting'
  return html`<header>
      <h1>Sockyard</h1>
      <nav aria-label="Views">
        <${ViewLink} name="yard" title="Yard" /> <${ViewLink} name="measures" title="Measures" />
        <${ViewLink} name="chat" title="Chat" /> <${ViewLink} name="lab" title="Lab" />
        <${ViewLink} name="events" title="Events" />
      </nav>
      <p role="status">${state}</p>
    </header>
    <main><${VIEWS[view.value]} /></main>`
}

/** A view whose scripts are loaded when it is looked at. */
function later(load) {
  const View = signal(undefined)
  return function Later() {
    if (View.value !== undefined) return html`<${View.value} />`
    void load().then((loaded) => (View.value = loaded))
    return null
  }
}

function ViewLink({ name, title }) {
  return html`<a href="#${name}" aria-current=${view.value === name ? 'page' : 'false'}
    >${title}</a
  >`
}

addEventListener('hashchange', () => (view.value = viewOfAddress()))
render(html`<${Page} />`, document.querySelector('#page'))
follow()
