import { useEffect, useState } from 'preact/hooks'

import { factsOf } from './event-log.js'
import { html } from './html.js'
import { events } from './live.js'
import { visible } from './text.js'

const LATEST = 20

/** What one service has set on its sockets, and what it logged last. */
export function ServiceDetails({ id }) {
  const sockets = useSockets(id)
  const own = events.value.filter(({ service }) => service === id).slice(0, LATEST)
  return html`<details>
      <summary>Socket options</summary>
      ${sockets.length === 0 && html`<p>It tells none.</p>`}
      ${sockets.map((socket, at) => html`<${SocketOptions} key=${at} socket=${socket} />`)}
    </details>
    <details>
      <summary>Log</summary>
      <ul>
        ${own.map(
          (each) =>
            html`<li key=${each.id}>
              ${visible(each.at ?? '')} ${visible(each.event)} ${visible(factsOf(each))}
            </li>`,
        )}
      </ul>
    </details>`
}

/** As they were when the service came up, or half a minute ago. */
function useSockets(id) {
  const [sockets, setSockets] = useState([])
  useEffect(() => {
    let isGone = false
    void readSockets(id).then((read) => isGone || setSockets(read))
    return () => (isGone = true)
  }, [id])
  return sockets
}

async function readSockets(id) {
  const response = await fetch('/api/services').catch(() => undefined)
  if (!response?.ok) return []
  const { services } = await response.json()
  return services.find((each) => each.id === id)?.options?.sockets ?? []
}

function SocketOptions({ socket: { transport, address, port, options } }) {
  return html`<table>
    <caption>
      ${visible([transport, address, port].join(' '))}
    </caption>
    <tbody>
      ${(options ?? []).map(
        ({ name, value, meaning }) =>
          html`<tr key=${name}>
            <th scope="row">${visible(name)}</th>
            <td>${value === null ? '' : visible(JSON.stringify(value))}</td>
            <td>${visible(meaning)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}
