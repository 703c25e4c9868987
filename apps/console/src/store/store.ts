import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import type { Series } from '../services/series.ts'
import { bytesOf, type ServiceEvent, type StoredEvent } from './event-table.ts'
import type { SampleRange } from './sample-table.ts'
import type { StoreMessage, StoreRequest } from './store-messages.ts'

const MODULE = new URL('store-worker.ts', import.meta.url)
/** V8 would take more before it collects anything. */
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 }
/** Events that come while so much is not stored yet are left to the services, which keep them. */
const MAXIMUM_UNSTORED_BYTES = 8 * 1024 * 1024

type Question =
  Extract<StoreRequest, { number: number }> extends infer Each
    ? Each extends { number: number }
      ? Omit<Each, 'number'>
      : never
    : never

interface StoreOptions {
  /** Of the file; an empty one is a temporary file. */
  path: string
  onStored: (events: StoredEvent[]) => void
  onMovedAside: (file: { path: string; reason: string }) => void
  /** The thread has ended by an error. */
  onFailure: (error: Error) => void
}

/** Values of a service that was away stand for no time before they came. */
const LONGEST_COVERED_SECONDS = 15

function stepsOf(seconds: number): number {
  return seconds > LONGEST_COVERED_SECONDS ? 1 : Math.max(1, Math.round(seconds))
}

/** The history: samples and events, in a thread of its own. */
export class Store {
  readonly #worker: Worker
  readonly #options: StoreOptions
  readonly #questions = new Map<number, (answer: unknown) => void>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #defined = new Set<string>()
  #asked = 0
  #unstoredBytes = 0

  constructor(options: StoreOptions) {
    this.#options = options
    this.#worker = new Worker(MODULE, {
      workerData: { path: options.path },
      resourceLimits: LIMITS,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (message: StoreMessage) => this.#onMessage(message))
    this.#worker.on('error', (error: Error) => {
      this.#opened.reject(error)
      options.onFailure(error)
    })
  }

  /** @throws {Error} when the file cannot be opened */
  opened(): Promise<void> {
    return this.#opened.promise
  }

  /**
   * @param seconds since 1970
   * @param covered for so many seconds until then the values stand; no more than the longest time between two scrapes
   */
  addSamples(seconds: number, values: ReadonlyMap<Series, number>, covered: number): void {
    for (const series of values.keys()) this.#define(series)
    const pairs = [...values].map(([{ id }, value]): [string, number] => [id, value])
    this.#post({ kind: 'samples', seconds, covered: stepsOf(covered), values: pairs })
  }

  /** @returns false when the event is not taken: too much is not stored yet */
  addEvent(event: ServiceEvent): boolean {
    if (this.#unstoredBytes >= MAXIMUM_UNSTORED_BYTES) return false
    this.#unstoredBytes += bytesOf(event)
    this.#post({ kind: 'events', events: [event] })
    return true
  }

  async series(): Promise<Series[]> {
    return (await this.#ask({ kind: 'list-series' })) as Series[]
  }

  /** As `SampleTable.range`. */
  async range(series: string, from: number, to: number, points: number): Promise<SampleRange> {
    return (await this.#ask({ kind: 'range', series, from, to, points })) as SampleRange
  }

  /** The events after one, oldest first; without it the latest ones. */
  async events(after: number | undefined, limit: number): Promise<StoredEvent[]> {
    return (await this.#ask({ kind: 'list-events', after, limit })) as StoredEvent[]
  }

  /** The id that the service gave the last of its events that is stored. */
  async lastSource(service: string): Promise<string | undefined> {
    return (await this.#ask({ kind: 'last-source', service })) as string | undefined
  }

  /** What came is written. */
  async close(): Promise<void> {
    const ended = once(this.#worker, 'exit')
    this.#post({ kind: 'close' })
    await ended
  }

  #define(series: Series): void {
    if (this.#defined.has(series.id)) return
    this.#defined.add(series.id)
    this.#post({ kind: 'define', series })
  }

  #ask(question: Question): Promise<unknown> {
    this.#asked += 1
    const number = this.#asked
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#questions.set(number, resolve)
    this.#post({ ...question, number })
    return promise
  }

  #post(request: StoreRequest): void {
    this.#worker.postMessage(request, [])
  }

  #onMessage(message: StoreMessage): void {
    switch (message.kind) {
      case 'opened':
        if (message.movedAside !== undefined) this.#options.onMovedAside(message.movedAside)
        return this.#opened.resolve()
      case 'stored':
        this.#unstoredBytes -= message.bytes
        return this.#options.onStored(message.events)
      case 'answer':
        this.#questions.get(message.number)?.(message.answer)
        this.#questions.delete(message.number)
    }
  }
}
