import type { MicrosSummary } from './histogram.ts'
import { IntervalHistogram } from './interval-histogram.ts'
import { Outstanding, type ReplyVerdict } from './outstanding.ts'
import { u32 } from './sequence-space.ts'

/** What was counted of requests and replies, as in the reports (docs: conventions). */
export interface RoundTripCounts {
  sent: number
  /** Requests answered in time. */
  received: number
  /** Requests not answered in time; their late replies do not change that. */
  lost: number
  /** Further replies to the same request. */
  duplicated: number
  /** Replies in time that came after the reply to a later request (RFC 4737). */
  reordered: number
  /** Replies that are no replies, or whose content is not what was sent. */
  malformed: number
}

export interface RoundTripReport extends RoundTripCounts {
  /** First replies after their time. */
  late: number
  bytesSent: number
  bytesReceived: number
  rttMicros: MicrosSummary | null
}

type Numbers = Omit<RoundTripReport, 'rttMicros'>

/**
 * The measurement every echo client makes: tell it what goes out and what comes in.
 *
 * @example
 * const trips = new RoundTrips({ timeoutMillis: 1000 })
 * await pace({ intervalMillis, count, signal }, (sequence) => {
 *   trips.sent(sequence, size)
 *   socket.send(…)
 * })
 * socket.on('message', (bytes) => trips.reply(decode(bytes).sequence, bytes.length))
 * await settle(trips.outstanding, signal)
 * trips.total()
 */
export class RoundTrips {
  readonly outstanding: Outstanding
  readonly #histogram = new IntervalHistogram()
  readonly #now: Numbers = noNumbers()
  #before: Numbers = noNumbers()
  /** The reply that would be in order. */
  #next = 0

  /**
   * @param options.timeoutMillis how long a reply may take (`--wait`)
   * @param options.onLost called for each request that was not answered in time
   */
  constructor(options: {
    timeoutMillis: number
    capacity?: number
    onLost?: (sequence: number) => void
  }) {
    this.outstanding = new Outstanding({
      ...options,
      onLost: (sequence) => {
        this.#now.lost++
        options.onLost?.(sequence)
      },
    })
  }

  /**
   * A request goes out: call it just before sending.
   *
   * @param sequence 0, 1, 2 …
   * @param at of `performance.now()`
   */
  sent(sequence: number, bytes: number, at = performance.now()): void {
    this.#now.sent++
    this.#now.bytesSent += bytes
    this.outstanding.sent(sequence, at)
  }

  /** A reply came in; `lastRttMicros` holds its round trip when it was 'answered' or 'late'. */
  reply(sequence: number, bytes: number, at = performance.now()): ReplyVerdict {
    this.#now.bytesReceived += bytes
    const verdict = this.outstanding.reply(sequence, at)
    if (verdict === 'answered') this.#answered(sequence)
    else if (verdict === 'late') this.#now.late++
    else if (verdict === 'duplicate') this.#now.duplicated++
    else this.#now.malformed++
    return verdict
  }

  /** Something came in that is no reply, or holds other bytes than were sent. */
  malformed(bytes: number): void {
    this.#now.bytesReceived += bytes
    this.#now.malformed++
  }

  get lastRttMicros(): number {
    return Math.round(this.outstanding.lastRoundTripMillis * 1_000_000) / 1_000
  }

  /** What came since the last call; the next interval begins. */
  takeInterval(): RoundTripReport {
    const interval = difference(this.#now, this.#before)
    this.#before = { ...this.#now }
    return { ...interval, rttMicros: this.#histogram.takeInterval() }
  }

  /** Everything since the beginning; what still waits is neither received nor lost. */
  total(): RoundTripReport {
    return { ...this.#now, rttMicros: this.#histogram.total() }
  }

  #answered(sequence: number): void {
    this.#now.received++
    this.#histogram.record(this.outstanding.lastRoundTripMillis * 1_000)
    if (u32.distance(sequence, this.#next) < 0) this.#now.reordered++
    else this.#next = u32.advance(sequence, 1)
  }
}

function noNumbers(): Numbers {
  return {
    sent: 0,
    received: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    malformed: 0,
    late: 0,
    bytesSent: 0,
    bytesReceived: 0,
  }
}

function difference(now: Numbers, before: Numbers): Numbers {
  return {
    sent: now.sent - before.sent,
    received: now.received - before.received,
    lost: now.lost - before.lost,
    duplicated: now.duplicated - before.duplicated,
    reordered: now.reordered - before.reordered,
    malformed: now.malformed - before.malformed,
    late: now.late - before.late,
    bytesSent: now.bytesSent - before.bytesSent,
    bytesReceived: now.bytesReceived - before.bytesReceived,
  }
}
