import type { SharedBlocks } from './output-queue.ts'

/** Where the bytes of one client differ from the common ones: `skip` bytes left out, `insert` added. */
interface Exception {
  at: number
  skip: number
  insert: Uint8Array | undefined
}

/**
 * What is sent in one turn of the event loop, and which client gets what of it. Each line is encoded and
 * stored once, however many clients wait for it; for a client that sent a line, that is left out.
 */
export class WriteBatch<Client> {
  readonly #parts: Uint8Array[] = []
  #length = 0
  #ownBytes = 0
  readonly #exceptions = new Map<Client, Exception[]>()

  /** How many bytes are sent to all clients, or to all but the speaker. */
  get bytes(): number {
    return this.#length
  }

  /** How many bytes are sent to single clients. */
  get ownBytes(): number {
    return this.#ownBytes
  }

  sendToAllBut(clients: readonly Client[], bytes: Uint8Array): void {
    for (const client of clients) this.#except(client, bytes.length)
    this.#parts.push(bytes)
    this.#length += bytes.length
  }

  /** Only `client` gets it, between what was sent before and after. */
  sendTo(client: Client, insert: Uint8Array): void {
    this.#exceptionsOf(client).push({ at: this.#length, skip: 0, insert })
    this.#ownBytes += insert.length
  }

  /** A client that joins gets nothing of what was sent before in this batch. */
  add(client: Client): void {
    this.#exceptions.set(client, [{ at: 0, skip: this.#length, insert: undefined }])
  }

  /** A client that leaves gets nothing more of this batch. */
  remove(client: Client): void {
    this.#except(client, Number.POSITIVE_INFINITY)
  }

  /**
   * The batch is complete.
   *
   * @param blocks where its bytes are stored, once for all clients
   * @returns what each client is to be sent: ranges of the common bytes, and what is its own
   */
  end(blocks: SharedBlocks): (client: Client) => readonly Uint8Array[] {
    const all = blocks.append(this.#parts, this.#length)
    const whole = this.#length === 0 ? [] : [all]
    return (client) => {
      const exceptions = this.#exceptions.get(client)
      return exceptions === undefined ? whole : pieces(all, exceptions)
    }
  }

  #except(client: Client, skip: number): void {
    this.#exceptionsOf(client).push({ at: this.#length, skip, insert: undefined })
  }

  #exceptionsOf(client: Client): Exception[] {
    const known = this.#exceptions.get(client)
    if (known !== undefined) return known
    const exceptions: Exception[] = []
    this.#exceptions.set(client, exceptions)
    return exceptions
  }
}

function pieces(all: Uint8Array, exceptions: readonly Exception[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  let from = 0
  for (const { at, skip, insert } of exceptions) {
    if (at > from) parts.push(all.subarray(from, at))
    if (insert !== undefined) parts.push(insert)
    from = at + skip
  }
  if (from < all.length) parts.push(all.subarray(from))
  return parts
}
