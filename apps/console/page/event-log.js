import { signal } from '@preact/signals'

import { html } from './html.js'
import { events } from './live.js'
import { visible } from './text.js'

const filter = signal('')

/** What the services log, the latest first. */
export function EventLog() {
  const wanted = filter.value.toLowerCase()
  const shown = events.value
    .map((each) => ({ each, facts: factsOf(each) }))
    .filter(({ each: { service, event }, facts }) =>
      [service, event, facts].join(' ').toLowerCase().includes(wanted),
    )
  return html`<section aria-labelledby="events">
    <h2 id="events">Events</h2>
    <label
      >Filter <input value=${filter} onInput=${({ target }) => (filter.value = target.value)}
    /></label>
    <div class="scroll" tabindex="0" role="region" aria-label="Events as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Service</th>
            <th scope="col">Event</th>
            <th scope="col">Facts</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ each: { id, at, service, event }, facts }) =>
              html`<tr key=${id}>
                <td>${visible(at ?? '')}</td>
                <td>${visible(service)}</td>
                <td>${visible(event)}</td>
                <td>${visible(facts)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

/** The fields of a line that are no heading of it, as text. */
export function factsOf(event) {
  return Object.entries(event)
    .filter(([name]) => !['id', 'at', 'service', 'event', 'msg'].includes(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
