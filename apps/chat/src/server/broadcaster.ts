import type { ClientWriter } from './client-writer.ts'
import type { ChatMetrics } from './metrics.ts'
import { SharedBlocks } from './output-queue.ts'
import { SlowReaderBarrier } from './slow-reader-barrier.ts'
import { WriteBatch } from './write-batch.ts'

/** A batch of this size is sent without waiting for the end of the turn. */
const MAXIMUM_BATCH_BYTES = 64 * 1024
/** As long as more comes in, a batch may last so many turns of the event loop. */
const MAXIMUM_POLLS = 8

/** Why a client was cut off: it is too slow, or it has the most when all of them have too much. */
export type CutReason = 'slow-reader' | 'memory'

/**
 * Sends to each client what the others say: at most one write for each client and turn of the event loop. A slow
 * reader is disconnected; the others do not wait for it.
 */
export class Broadcaster {
  readonly #metrics: ChatMetrics
  readonly #maxTotalQueue: number
  readonly #onCut: (client: ClientWriter, reason: CutReason) => void
  readonly #barrier = new SlowReaderBarrier()
  readonly #blocks = new SharedBlocks()
  readonly #clients = new Set<ClientWriter>()
  /** They get what was said until they left, and then FIN. */
  readonly #leaving = new Set<ClientWriter>()
  /** They have been given all of it, and may not have read it. */
  readonly #closing = new Set<ClientWriter>()
  #batch: WriteBatch<ClientWriter> | undefined

  /**
   * @param options.maxTotalQueue bytes that are kept for all clients together
   * @param onCut called for each client that is cut off, after its connection was aborted
   */
  constructor(
    { maxTotalQueue }: { maxTotalQueue: number },
    metrics: ChatMetrics,
    onCut: (client: ClientWriter, reason: CutReason) => void,
  ) {
    this.#maxTotalQueue = maxTotalQueue
    this.#metrics = metrics
    this.#onCut = onCut
  }

  add(client: ClientWriter): void {
    this.#clients.add(client)
    this.#currentBatch().add(client)
  }

  /** `client` gets what was said up to now, then FIN. */
  remove(client: ClientWriter): void {
    if (!this.#clients.delete(client)) return
    this.#leaving.add(client)
    this.#currentBatch().remove(client)
  }

  /** The connection of `client` is closed. */
  forget(client: ClientWriter): void {
    this.#clients.delete(client)
    this.#leaving.delete(client)
    this.#closing.delete(client)
    this.#barrier.forget(client)
    client.closed()
  }

  /** What the server says: it is not counted as said. */
  sendToAllBut(clients: readonly ClientWriter[], bytes: Uint8Array): void {
    this.#currentBatch().sendToAllBut(clients, bytes)
  }

  /** @param lines how many lines `bytes` holds, for the metrics */
  sendToOthers(speaker: ClientWriter, bytes: Uint8Array, lines = 1): void {
    // What comes of a client after it has left, as it does while the server stops, is not said any more.
    if (!this.#clients.has(speaker)) return
    this.#metrics.said(lines, this.#clients.size - 1)
    const batch = this.#currentBatch()
    batch.sendToAllBut([speaker], bytes)
    if (batch.bytes >= MAXIMUM_BATCH_BYTES) this.#flush()
  }

  /** What a client of this or another node says; `speakers` do not get it. */
  deliver(speakers: readonly ClientWriter[], bytes: Uint8Array): void {
    this.#metrics.said(1, this.#clients.size - speakers.length)
    this.sendToAllBut(speakers, bytes)
    if (this.#currentBatch().bytes >= MAXIMUM_BATCH_BYTES) this.#flush()
  }

  sendTo(client: ClientWriter, bytes: Uint8Array): void {
    const batch = this.#currentBatch()
    batch.sendTo(client, bytes)
    if (batch.ownBytes >= MAXIMUM_BATCH_BYTES) this.#flush()
  }

  /** Whether a client may speak now; otherwise `wait`. */
  get isOpen(): boolean {
    return this.#barrier.isOpen
  }

  /** Nothing is read from `speaker` until it may `speak`, which is soon. */
  wait(speaker: ClientWriter, speak: () => void): void {
    this.#metrics.held('catching-up')
    this.#barrier.wait(speaker, speak)
  }

  /** To be called regularly: nothing else detects a slow reader while no lines are sent. */
  disconnectSlowReaders(now: number): void {
    for (const client of this.#clients) this.#keepsUp(client, now)
    this.#limitMemory()
  }

  #currentBatch(): WriteBatch<ClientWriter> {
    if (this.#batch === undefined) {
      this.#batch = new WriteBatch()
      // The check phase: after every socket that was readable in this turn.
      setImmediate(() => this.#flushWhenComplete(MAXIMUM_POLLS, 0))
    }
    return this.#batch
  }

  /** Polling for more costs next to nothing, and a write to each client a lot. */
  #flushWhenComplete(pollsLeft: number, bytesBefore: number): void {
    const bytes = this.#batch?.bytes ?? 0
    if (pollsLeft === 0 || bytes === bytesBefore) this.#flush()
    else setImmediate(() => this.#flushWhenComplete(pollsLeft - 1, bytes))
  }

  #flush(): void {
    const batch = this.#batch
    if (batch === undefined) return
    this.#batch = undefined
    const piecesFor = batch.end(this.#blocks)
    const now = performance.now()
    let isQueued = false
    for (const client of this.#clients) {
      this.#write(client, piecesFor(client), now)
      isQueued ||= client.queuedBytes > 0
    }
    for (const client of this.#leaving) {
      this.#write(client, piecesFor(client), now)
      this.#closing.add(client)
      client.end()
    }
    this.#leaving.clear()
    if (isQueued) this.#limitMemory()
  }

  #write(client: ClientWriter, pieces: readonly Uint8Array[], now: number): void {
    if (pieces.length === 0 || !client.isWritable || !this.#keepsUp(client, now)) return
    client.write(pieces, now)
    this.#barrier.sent(client, now)
  }

  #keepsUp(client: ClientWriter, now: number): boolean {
    if (client.check(now) === 'keep') return true
    this.#cut(client, 'slow-reader')
    return false
  }

  /** Cuts off those that have the most, until what is kept for all together is within the limit. */
  #limitMemory(): void {
    const clients = [...this.#clients, ...this.#closing]
    while (keptBytes(clients) > this.#maxTotalQueue) {
      const [greediest] = clients.splice(indexOfGreediest(clients), 1)
      if (greediest === undefined) return
      this.#cut(greediest, 'memory')
    }
  }

  #cut(client: ClientWriter, reason: CutReason): void {
    this.forget(client)
    client.abort()
    this.#onCut(client, reason)
  }
}

/** What is kept for each alone, and once what they share: as much as waits for the slowest. */
function keptBytes(clients: readonly ClientWriter[]): number {
  let own = 0
  let longest = 0
  for (const { ownBytes, queuedBytes } of clients) {
    own += ownBytes
    longest = Math.max(longest, queuedBytes)
  }
  return own + longest
}

function indexOfGreediest(clients: readonly ClientWriter[]): number {
  let [index, most] = [0, 0]
  for (const [at, { ownBytes, queuedBytes }] of clients.entries()) {
    if (ownBytes + queuedBytes <= most) continue
    index = at
    most = ownBytes + queuedBytes
  }
  return index
}
