import { toMicro } from '@sockyard/probe/to-micro'

import type { BulkStream } from './bulk-stream.ts'

/** The sums over all streams, by interval and in all. */
export class BulkTotals {
  readonly #streams: readonly BulkStream[]
  readonly #startedAt: number
  #before: { at: number; sentBytes: number; receivedBytes: number }

  /** @param now milliseconds of `performance.now()`, here and below */
  constructor(streams: readonly BulkStream[], now = performance.now()) {
    this.#streams = streams
    this.#startedAt = now
    this.#before = { at: now, sentBytes: 0, receivedBytes: 0 }
  }

  /** What moved since the last call; the next interval begins. */
  takeInterval(now = performance.now()) {
    const sentBytes = this.#sum((stream) => stream.sentBytes)
    const receivedBytes = this.#sum((stream) => stream.receivedBytes)
    const before = this.#before
    this.#before = { at: now, sentBytes, receivedBytes }
    const received = receivedBytes - before.receivedBytes
    return {
      durationMillis: toMicro(now - before.at),
      sentBytes: sentBytes - before.sentBytes,
      receivedBytes: received,
      bytesPerSecond: perSecond(received, now - before.at),
    }
  }

  /** What moved on each stream since the beginning. */
  streams(now = performance.now()) {
    return this.#streams.map(({ sentBytes, receivedBytes, firstWrongByte }, connection) => ({
      connection,
      sentBytes,
      receivedBytes,
      bytesPerSecond: perSecond(receivedBytes, now - this.#startedAt),
      firstWrongByte,
    }))
  }

  /** Everything since the beginning, as `end` holds it: in bytes. */
  total(now = performance.now()) {
    const durationMillis = now - this.#startedAt
    const received = this.#sum((stream) => stream.rightBytes)
    return {
      durationMillis: toMicro(durationMillis),
      sent: this.#sum((stream) => stream.sentBytes),
      received,
      lost: this.#sum((stream) => stream.missingBytes),
      duplicated: 0,
      reordered: 0,
      malformed: this.#sum((stream) => stream.wrongBytes),
      bytesPerSecond: perSecond(received, durationMillis),
    }
  }

  #sum(what: (stream: BulkStream) => number): number {
    return this.#streams.reduce((sum, stream) => sum + what(stream), 0)
  }
}

function perSecond(bytes: number, millis: number): number {
  return millis > 0 ? Math.round((bytes * 1000) / millis) : 0
}
