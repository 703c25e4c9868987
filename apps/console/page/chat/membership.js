import { signal } from '@preact/signals'

/** Of the lines the page keeps the latest. */
const MAXIMUM_LINES = 500
/** Of this tab: after a reload it is the same member. */
const KEY = 'sockyard-chat-member'

/** @type undefined while nothing is known, or the answer to GET /api/chat */
export const overview = signal(undefined)
/** { id, text, isOwn }, the latest last. */
export const lines = signal([])
/** `out`, `joining`, `in`, `reconnecting` */
export const state = signal('out')
/** Why it could not join, say a line or stay. */
export const fault = signal('')

let member = ''

/** Looks whether there is a chat, and is again who this tab was before it was loaded anew. */
export async function begin() {
  overview.value ??= await (await ask(fetch('/api/chat')))?.json()
  const known = sessionStorage.getItem(KEY)
  if (known !== null && state.value === 'out') followAs(known)
}

/** @param name empty: the server gives one */
export async function join(name) {
  state.value = 'joining'
  lines.value = []
  const query = new URLSearchParams({ name })
  const joined = await (await ask(fetch(`/api/chat?${query}`, { method: 'POST' })))?.json()
  if (joined === undefined) state.value = 'out'
  else followAs(joined.member)
}

/** @returns whether it was said */
export async function say(text) {
  const url = `/api/chat/lines?member=${member}`
  return (await ask(fetch(url, { method: 'POST', body: text }))) !== undefined
}

export async function leave() {
  await ask(fetch(`/api/chat/leave?member=${member}`, { method: 'POST' }))
}

function followAs(id) {
  member = id
  sessionStorage.setItem(KEY, id)
  state.value = 'in'
  const stream = new EventSource(`/api/chat/stream?member=${id}`)
  stream.addEventListener('open', () => (state.value = 'in'))
  stream.addEventListener('line', ({ data, lastEventId }) => {
    const line = Object.assign(JSON.parse(data), { id: Number(lastEventId) })
    lines.value = [...lines.value, line].slice(-MAXIMUM_LINES)
  })
  stream.addEventListener('left', ({ data }) => {
    stream.close()
    sessionStorage.removeItem(KEY)
    state.value = 'out'
    fault.value = JSON.parse(data).reason
  })
  // The browser opens a broken stream again by itself. One that is refused is that of a member that is gone; a page that
  // is loaded anew sees the same, and may come back.
  stream.addEventListener(
    'error',
    () => (state.value = stream.readyState === EventSource.CLOSED ? 'out' : 'reconnecting'),
  )
}

/** @returns undefined when it was not done; then `fault` says why */
async function ask(asked) {
  fault.value = ''
  try {
    const response = await asked
    if (response.ok) return response
    fault.value = await response.text()
  } catch {
    fault.value = 'The console does not answer.'
  }
  return undefined
}
