import type { ServerResponse } from 'node:http'

/** What may wait for a slow reader; one that falls further behind is cut, and may come back. */
const MAXIMUM_QUEUED_BYTES = 256 * 1024
/** What is kept for those that come back: the latest events, so many and so large in all. */
const MAXIMUM_KEPT = 256
const MAXIMUM_KEPT_BYTES = 256 * 1024

interface Event {
  id: string
  json: string
}

/** Hands every log line to its subscribers, and keeps the latest ones for those that have missed some. */
export class EventHub {
  readonly #subscribers = new Set<(event: Event) => void>()
  readonly #kept: Event[] = []
  /** Ids of an earlier process differ. */
  readonly #process = Date.now().toString(36)
  #keptBytes = 0
  #count = 0

  publish = (json: string): void => {
    this.#count += 1
    const event = { id: `${this.#process}-${this.#count}`, json }
    this.#keep(event)
    for (const subscriber of this.#subscribers) subscriber(event)
  }

  /** @returns ends the subscription */
  subscribe(subscriber: (event: Event) => void): () => void {
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  /** The kept events after the one with this id; all of them when it is not known any more. */
  after(id: string): readonly Event[] {
    return this.#kept.slice(this.#kept.findIndex((event) => event.id === id) + 1)
  }

  #keep(event: Event): void {
    this.#kept.push(event)
    this.#keptBytes += event.json.length
    while (this.#kept.length > MAXIMUM_KEPT || this.#keptBytes > MAXIMUM_KEPT_BYTES)
      this.#keptBytes -= this.#kept.shift()?.json.length ?? 0
  }
}

/**
 * Answers with server-sent events (HTML Living Standard, section 9.2), each log line as one event with an id.
 *
 * @param lastId Last-Event-ID of a client that comes back: what it has missed is sent first, as far as it is kept
 */
export function serveEvents(
  response: ServerResponse,
  events: Pick<EventHub, 'subscribe' | 'after'>,
  lastId: string | undefined,
): void {
  response.socket?.setTimeout(0)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  const send = ({ id, json }: Event): void => {
    if (response.writableLength > MAXIMUM_QUEUED_BYTES) response.destroy()
    else response.write(`id: ${id}\ndata: ${json}\n\n`)
  }
  if (lastId !== undefined) for (const event of events.after(lastId)) send(event)
  response.on('close', events.subscribe(send))
}
