import { realtimeNanoseconds } from '@sockyard/posix/realtime-clock'
import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'

const BILLION = 1_000_000_000n
/** The two clocks run apart by less between two readings, unless one was set. */
const TOLERANCE_MILLIS = 1

/**
 * When datagrams came in, on the clock of `performance.now()`. The kernel stamps them with CLOCK_REALTIME, which
 * may be set: so only how long ago that was is taken from the stamps, and nothing when the clock was set meanwhile.
 */
export class ReceiveMoments {
  #now = 0
  #seconds = 0
  #nanosOfSecond = 0
  /** CLOCK_REALTIME less `performance.now()`. */
  #apartMillis = 0
  #wasSet = true

  /** What was just received is asked about from now on. */
  readClocks(): void {
    // In this order: what is in between makes a round trip longer, never shorter than it was.
    const realtime = realtimeNanoseconds()
    this.#now = performance.now()
    this.#seconds = Number(realtime / BILLION)
    this.#nanosOfSecond = Number(realtime % BILLION)
    const apartMillis = this.#seconds * 1_000 + this.#nanosOfSecond / 1_000_000 - this.#now
    this.#wasSet = Math.abs(apartMillis - this.#apartMillis) > TOLERANCE_MILLIS
    this.#apartMillis = apartMillis
  }

  /** Milliseconds of `performance.now()`. */
  of(received: ReceivedDatagrams, index: number): number {
    const seconds = this.#seconds - received.timestampSeconds(index)
    const nanos = this.#nanosOfSecond - received.timestampNanosOfSecond(index)
    const agoMillis = seconds * 1_000 + nanos / 1_000_000
    return this.#wasSet ? this.#now : this.#now - Math.max(0, agoMillis)
  }
}
