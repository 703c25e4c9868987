import type { ServerResponse } from 'node:http'

import type { StoredEvent } from '../store/event-table.ts'
import type { Store } from '../store/store.ts'
import { eventFields } from './event-fields.ts'

/** What may wait for a slow reader; one that falls further behind is cut, and may come back. */
const MAXIMUM_QUEUED_BYTES = 4 * 1024 * 1024
/** A proxy that sees nothing for a minute may cut a stream. */
const HEARTBEAT_MILLIS = 15_000
/** What a client that comes back is sent at most; what is before it, it can ask /api/events for. */
const MAXIMUM_REPLAYED = 1_000

/**
 * One stream for all that changes (server-sent events, HTML Living Standard, section 9.2): `services`, `topology` and
 * `samples` as they are now, and each `event`, whose id is the one to come back with.
 */
export class StreamHub {
  readonly #store: Pick<Store, 'events'>
  /** What a new client is sent at once. */
  readonly #current: () => readonly [name: string, value: unknown][]
  readonly #clients = new Set<StreamClient>()
  readonly #heartbeat = setInterval(() => this.#sendAll(': \n\n'), HEARTBEAT_MILLIS)

  constructor(store: Pick<Store, 'events'>, current: () => readonly [string, unknown][]) {
    this.#store = store
    this.#current = current
    this.#heartbeat.unref()
  }

  get hasClients(): boolean {
    return this.#clients.size > 0
  }

  /** @param lastId of a client that comes back: what it has missed is sent first */
  async serve(response: ServerResponse, lastId: number | undefined): Promise<void> {
    response.socket?.setTimeout(0)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.flushHeaders()
    const client = new StreamClient(response)
    this.#clients.add(client)
    response.on('close', () => this.#clients.delete(client))
    for (const [name, value] of this.#current()) client.send(messageOf(name, value))
    if (lastId !== undefined)
      return client.replay(await this.#store.events(lastId, MAXIMUM_REPLAYED))
    const [latest] = await this.#store.events(undefined, 1)
    client.startAfter(latest?.id ?? 0)
  }

  /** What is so now. */
  publish(name: 'services' | 'topology' | 'samples', value: unknown): void {
    if (this.hasClients) this.#sendAll(messageOf(name, value))
  }

  publishEvents(events: readonly StoredEvent[]): void {
    for (const client of this.#clients) client.sendEvents(events)
  }

  close(): void {
    clearInterval(this.#heartbeat)
    for (const client of this.#clients) client.end()
  }

  #sendAll(message: string): void {
    for (const client of this.#clients) client.send(message)
  }
}

/** One reader of the stream. */
class StreamClient {
  readonly #response: ServerResponse
  /** Events that come while what was missed is read from the store. */
  #waiting: StoredEvent[] | undefined = []
  #lastId = 0

  constructor(response: ServerResponse) {
    this.#response = response
  }

  send(message: string): void {
    if (this.#response.writableLength > MAXIMUM_QUEUED_BYTES) this.#response.destroy()
    else this.#response.write(message)
  }

  sendEvents(events: readonly StoredEvent[]): void {
    if (this.#waiting !== undefined) return void this.#waiting.push(...events)
    for (const event of events) {
      if (event.id <= this.#lastId) continue
      this.#lastId = event.id
      this.send(messageOf('event', eventFields(event), event.id))
    }
  }

  /** Events after this one; a client that comes back before the next one has its id. */
  startAfter(id: number): void {
    this.#lastId = id
    this.send(`id: ${id}\n\n`)
    this.replay([])
  }

  /** What was missed, and then what came meanwhile, each once. */
  replay(missed: readonly StoredEvent[]): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    this.sendEvents(missed)
    this.sendEvents(waiting)
  }

  end(): void {
    this.#response.end()
  }
}

function messageOf(name: string, value: unknown, id?: number): string {
  const head = id === undefined ? '' : `id: ${id}\n`
  return `${head}event: ${name}\ndata: ${JSON.stringify(value)}\n\n`
}
