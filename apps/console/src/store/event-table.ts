import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A log line of a service. */
export interface ServiceEvent {
  /** The id of the service. */
  service: string
  /** The id that the service gave it. */
  source: string
  json: string
}

/** The same with its number in the store, which counts up. */
export interface StoredEvent extends ServiceEvent {
  id: number
}

/** What an event takes in memory beside its text, about. */
const EVENT_BYTES = 500
/** Of one answer: more events than that are asked for again, with the last id. */
const MAXIMUM_ANSWER_BYTES = 4 * 1024 * 1024

/** What an event takes in memory. */
export const bytesOf = ({ json, source }: ServiceEvent): number =>
  EVENT_BYTES + json.length + source.length

const MAXIMUM_EVENTS = 100_000
/** Of all of them together. */
const MAXIMUM_BYTES = 64 * 1024 * 1024
/** The share that goes when there are too many, the oldest first. */
const REMOVED_SHARE = 1 / 8

/** The events of all services, in the order in which they came. */
export class EventTable {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  #count = 0
  #bytes = 0

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare(
      'INSERT OR IGNORE INTO events (service, source, json) VALUES (?, ?, ?)',
    )
    this.#measure()
  }

  /**
   * Stores events in one transaction.
   *
   * @returns those that were not stored before
   */
  add(events: readonly ServiceEvent[]): StoredEvent[] {
    const stored: StoredEvent[] = []
    this.#database.exec('BEGIN')
    for (const event of events) {
      const { changes, lastInsertRowid } = this.#insert.run(event.service, event.source, event.json)
      if (changes === 0) continue
      stored.push({ ...event, id: Number(lastInsertRowid) })
      this.#count += 1
      this.#bytes += event.json.length
    }
    this.#database.exec('COMMIT')
    return stored
  }

  /** The events after one, oldest first; without it the latest ones. Fewer where they are long, but one at least. */
  after(id: number | undefined, limit: number): StoredEvent[] {
    const columns = 'SELECT id, service, source, json FROM events'
    if (id === undefined) {
      const latest = this.#database.prepare(`${columns} ORDER BY id DESC LIMIT ?`).iterate(limit)
      return firstOf(latest).toReversed()
    }
    const query = this.#database.prepare(`${columns} WHERE id > ? ORDER BY id LIMIT ?`)
    return firstOf(query.iterate(id, limit))
  }

  /** The id that the service gave the last of its events that is stored. */
  lastSource(service: string): string | undefined {
    const row = this.#database
      .prepare('SELECT source FROM events WHERE service = ? ORDER BY id DESC LIMIT 1')
      .get(service)
    return row === undefined ? undefined : String(row['source'])
  }

  /** Removes the oldest when there are more than may be, but the last one of each service: its id is gone on from. */
  expire(): void {
    if (this.#count <= MAXIMUM_EVENTS && this.#bytes <= MAXIMUM_BYTES) return
    const removed = Math.ceil(this.#count * REMOVED_SHARE)
    this.#database
      .prepare(
        `DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)
         AND id NOT IN (SELECT max(id) FROM events GROUP BY service)`,
      )
      .run(removed)
    this.#measure()
  }

  #measure(): void {
    const sum = this.#database
      .prepare('SELECT count(*) AS events, total(length(json)) AS bytes FROM events')
      .get()
    this.#count = Number(sum?.['events'])
    this.#bytes = Number(sum?.['bytes'])
  }
}

/** As many rows as fit into an answer. */
function firstOf(rows: Iterable<unknown>): StoredEvent[] {
  const events: StoredEvent[] = []
  let bytes = 0
  for (const row of rows) {
    const event = row as StoredEvent
    bytes += bytesOf(event)
    if (events.length > 0 && bytes > MAXIMUM_ANSWER_BYTES) break
    events.push(event)
  }
  return events
}
