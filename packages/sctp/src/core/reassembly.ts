import type { DataChunk } from '../wire/chunk.ts'
import { tsnPlus } from '../wire/serial.ts'

/**
 * What became of a fragment: kept for others to come, the whole message's fragments in order, or a
 * reason to end the association.
 */
export type Reassembled =
  | { kind: 'waiting' }
  | { kind: 'whole'; fragments: DataChunk[] }
  | { kind: 'too-long' }
  | { kind: 'violation'; reason: string }

/** Puts fragments together: those of one message have consecutive TSNs (RFC 9260 section 6.9). */
export class Reassembly {
  readonly #fragments = new Map<number, DataChunk>()
  readonly #maximumMessageBytes: number
  /** Bytes of user data kept here. */
  bufferedBytes = 0

  constructor(maximumMessageBytes: number) {
    this.#maximumMessageBytes = maximumMessageBytes
  }

  get count(): number {
    return this.#fragments.size
  }

  add(chunk: DataChunk): Reassembled {
    this.#fragments.set(chunk.tsn, chunk)
    this.bufferedBytes += chunk.data.length
    const after = this.#walk(chunk, 1)
    if (after.kind === 'violation' || after.bytes > this.#maximumMessageBytes) return refused(after)
    if (!after.complete) return this.#incomplete(chunk)
    const before = this.#walk(chunk, -1)
    if (before.kind === 'violation') return refused(before)
    const bytes = before.bytes + after.bytes - chunk.data.length
    if (bytes > this.#maximumMessageBytes) return { kind: 'too-long' }
    if (!before.complete) return { kind: 'waiting' }
    return { kind: 'whole', fragments: this.#take(before.end.tsn, after.end.tsn) }
  }

  /** From `chunk` to the message's last (`step` 1) or first (-1) fragment, as far as there are any. */
  #walk(chunk: DataChunk, step: 1 | -1): Walk {
    let end = chunk
    let bytes = chunk.data.length
    while (!(step === 1 ? end.ending : end.beginning)) {
      const next = this.#fragments.get(tsnPlus(end.tsn, step))
      if (!next) return { kind: 'walked', complete: false, end, bytes }
      if (!belongTogether(chunk, next, step)) return { kind: 'violation', bytes: 0 }
      end = next
      bytes += next.data.length
      if (bytes > this.#maximumMessageBytes) break
    }
    return { kind: 'walked', complete: true, end, bytes }
  }

  /** Without its end a message may already be too long: what leads up to this chunk is kept count of. */
  #incomplete(chunk: DataChunk): Reassembled {
    if (this.bufferedBytes <= this.#maximumMessageBytes) return { kind: 'waiting' }
    const before = this.#walk(chunk, -1)
    if (before.kind === 'violation') return refused(before)
    return before.bytes > this.#maximumMessageBytes ? { kind: 'too-long' } : { kind: 'waiting' }
  }

  #take(first: number, last: number): DataChunk[] {
    const fragments: DataChunk[] = []
    for (let tsn = first; ; tsn = tsnPlus(tsn, 1)) {
      const fragment = this.#fragments.get(tsn)
      if (fragment) fragments.push(fragment)
      this.#fragments.delete(tsn)
      this.bufferedBytes -= fragment?.data.length ?? 0
      if (tsn === last) return fragments
    }
  }
}

type Walk =
  | { kind: 'walked'; complete: boolean; end: DataChunk; bytes: number }
  | { kind: 'violation'; bytes: number }

const refused = (walk: Walk): Reassembled =>
  walk.kind === 'violation'
    ? { kind: 'violation', reason: 'fragments of different messages mixed' }
    : { kind: 'too-long' }

/** Neighbours within a message agree on their stream, and only its ends are marked as ends. */
function belongTogether(chunk: DataChunk, next: DataChunk, step: 1 | -1): boolean {
  if (next.stream !== chunk.stream || next.unordered !== chunk.unordered) return false
  if (!chunk.unordered && next.sequence !== chunk.sequence) return false
  return step === 1 ? !next.beginning : !next.ending
}
