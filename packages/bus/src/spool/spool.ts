import { randomUUID } from 'node:crypto'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** What waits to be published. */
export interface SpooledMessage {
  /** The same after a restart: who publishes it again publishes the same message. */
  id: string
  payload: Uint8Array
}

/** What a row takes beside its payload, about. */
const ROW_BYTES = 100

/** A queue of messages in a file, of a bounded size; it outlives the process that filled it. */
export class Spool {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #delete: StatementSync
  readonly #maxBytes: number
  #bytes: number
  #count: number

  /**
   * @param path of the file, which is made unless it is there; `:memory:` for none
   * @param maxBytes of what waits
   * @throws when the file cannot be opened, or another process has it open
   */
  constructor(path: string, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#database = new DatabaseSync(path)
    // Written by one process at a time; a commit outlives the process, if not a loss of power.
    this.#database.exec(`
      PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS message (
        position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, payload BLOB NOT NULL)`)
    this.#insert = this.#database.prepare('INSERT INTO message (id, payload) VALUES (?, ?)')
    this.#select = this.#database.prepare(
      'SELECT id, payload FROM message ORDER BY position LIMIT 1',
    )
    this.#delete = this.#database.prepare(
      'DELETE FROM message WHERE position = (SELECT min(position) FROM message)',
    )
    const waiting = this.#database
      .prepare('SELECT count(*) AS count, coalesce(sum(length(payload)), 0) AS bytes FROM message')
      .get()
    this.#count = Number(waiting?.['count'])
    this.#bytes = Number(waiting?.['bytes']) + this.#count * ROW_BYTES
  }

  /** How many messages wait. */
  get count(): number {
    return this.#count
  }

  /** Whether a message of so many bytes may be added. */
  hasRoom(payloadBytes: number): boolean {
    return this.#bytes + payloadBytes + ROW_BYTES <= this.#maxBytes
  }

  /** Adds a message behind the others. */
  add(payload: Uint8Array): void {
    this.#insert.run(randomUUID(), payload)
    this.#count += 1
    this.#bytes += payload.length + ROW_BYTES
  }

  /** The oldest message. */
  first(): SpooledMessage | undefined {
    const row = this.#select.get()
    if (row === undefined) return undefined
    return { id: String(row['id']), payload: row['payload'] as Uint8Array }
  }

  /** The oldest message waits no more. */
  removeFirst({ payload }: SpooledMessage): void {
    this.#delete.run()
    this.#count -= 1
    this.#bytes -= payload.length + ROW_BYTES
  }

  /** Closes the file; what is in it is there at the next start. */
  close(): void {
    this.#database.close()
  }
}
