import { signal } from '@preact/signals'

/** Of the log the page keeps the latest. */
const MAXIMUM_EVENTS = 500
const RETRY_MILLIS = 2_000

export const services = signal([])
export const topology = signal({ nodes: [], edges: [] })
export const events = signal([])
export const connected = signal(false)

/** Follows the console; a stream that ends is opened again, and brings what was missed. */
export function follow() {
  const stream = new EventSource('/api/stream')
  const on = (name, use) =>
    stream.addEventListener(name, ({ data }) => {
      use(JSON.parse(data))
    })
  on('services', (value) => (services.value = value.services ?? value))
  on('topology', (value) => (topology.value = value))
  on('event', (value) => addEvents([value]))
  stream.addEventListener('open', () => {
    connected.value = true
    void readEvents()
  })
  stream.addEventListener('error', () => {
    connected.value = false
    // The browser opens a broken stream again by itself, but not one that was refused.
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MILLIS)
  })
}

async function readEvents() {
  const response = await fetch(`/api/events?limit=${MAXIMUM_EVENTS}`).catch(() => undefined)
  if (response?.ok) addEvents((await response.json()).events)
}

/** Each once, the latest first. */
function addEvents(more) {
  const byId = new Map([...events.value, ...more].map((each) => [each.id, each]))
  const sorted = [...byId.values()].toSorted((one, other) => other.id - one.id)
  events.value = sorted.slice(0, MAXIMUM_EVENTS)
}
