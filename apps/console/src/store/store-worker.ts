import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import { type OpenDatabase, openDatabase } from './database.ts'
import { bytesOf, EventTable } from './event-table.ts'
import { SampleTable } from './sample-table.ts'
import type { StoreMessage, StoreRequest } from './store-messages.ts'

const FLUSH_MILLIS = 5_000
/** A file that ends with the process need not have what memory has, but memory is to be freed. */
const TEMPORARY_FLUSH_MILLIS = 60_000
const EXPIRY_MILLIS = 60_000

/** Keeps samples and events for the thread of the console, which a write to a disk would make wait. */
class StoreWorker {
  readonly #open: OpenDatabase
  readonly #samples: SampleTable
  readonly #events: EventTable
  readonly #post: (message: StoreMessage) => void

  constructor(path: string, post: (message: StoreMessage) => void) {
    this.#open = openDatabase(path)
    this.#samples = new SampleTable(this.#open.database)
    this.#events = new EventTable(this.#open.database)
    this.#post = post
    this.#samples.expire(Date.now() / 1_000)
    const flushMillis = path === '' ? TEMPORARY_FLUSH_MILLIS : FLUSH_MILLIS
    setInterval(() => this.#samples.flush(), flushMillis).unref()
    setInterval(() => this.#samples.expire(Date.now() / 1_000), EXPIRY_MILLIS).unref()
    post({ kind: 'opened', movedAside: this.#open.movedAside })
  }

  handle(request: StoreRequest): void {
    switch (request.kind) {
      case 'define':
        return this.#samples.define(request.series)
      case 'samples': {
        const { seconds, covered, values } = request
        for (let before = covered - 1; before >= 0; before -= 1)
          for (const [id, value] of values) this.#samples.add(id, seconds - before, value)
        return
      }
      case 'events':
        this.#post({
          kind: 'stored',
          events: this.#events.add(request.events),
          bytes: request.events.reduce((sum, each) => sum + bytesOf(each), 0),
        })
        return this.#events.expire()
      case 'close':
        return this.#close()
      case 'list-series':
      case 'range':
      case 'list-events':
      case 'last-source':
        this.#post({ kind: 'answer', number: request.number, answer: this.#answer(request) })
    }
  }

  #answer(request: Extract<StoreRequest, { number: number }>): unknown {
    switch (request.kind) {
      case 'list-series':
        return this.#samples.series()
      case 'range': {
        const { series, from, to, points } = request
        return this.#samples.range(series, from, to, points, Date.now() / 1_000)
      }
      case 'list-events':
        return this.#events.after(request.after, request.limit)
      case 'last-source':
        return this.#events.lastSource(request.service)
      default:
        return request satisfies never
    }
  }

  #close(): void {
    this.#samples.flush()
    this.#open.database.close()
    parentPort?.close()
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort
  const { path } = workerData as { path: string }
  const worker = new StoreWorker(path, (message) => port.postMessage(message, []))
  port.on('message', (request: StoreRequest) => worker.handle(request))
}
