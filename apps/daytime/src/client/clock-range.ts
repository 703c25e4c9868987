/** How far a clock is off: nanoseconds, at least and at most. */
export interface ClockRange {
  readonly least: bigint
  readonly most: bigint
}

const NANOS_PER_SECOND = 1_000_000_000n

/**
 * What one answer shows of the server's clock. It was read at some time between request and answer, and sent in
 * the whole second of it.
 *
 * @param said the second of the answer, and the local clock when it was asked and when the answer was here; nanoseconds
 */
export function rangeOf(said: bigint, askedAt: bigint, answeredAt: bigint): ClockRange {
  return { least: said - answeredAt, most: said + NANOS_PER_SECOND - askedAt }
}

/** What two answers say together; the newer alone when they contradict each other: a clock was set. */
export function bothOf(older: ClockRange | undefined, newer: ClockRange): ClockRange {
  if (older === undefined) return newer
  const least = older.least > newer.least ? older.least : newer.least
  const most = older.most < newer.most ? older.most : newer.most
  return least <= most ? { least, most } : newer
}

/**
 * When to ask next: about `interval` from now, at the time when the middle of the range says that the server's clock
 * begins a new second. Whether it has, halves the range; a request at any other time may add nothing.
 *
 * @param interval milliseconds; of less than a second the phases pass by anyway
 * @param now the local clock, nanoseconds since 1970
 * @returns milliseconds, within half a second of the interval
 */
export function pauseToTick(range: ClockRange | undefined, interval: number, now: bigint): number {
  if (range === undefined || interval < 1_000) return interval
  const middle = (range.least + range.most) / 2n
  const serverThen = now + BigInt(Math.round(interval * 1_000_000)) + middle
  const sinceTick = ((serverThen % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND
  const toNearestTick =
    sinceTick < NANOS_PER_SECOND / 2n ? -sinceTick : NANOS_PER_SECOND - sinceTick
  return interval + Number(toNearestTick) / 1_000_000
}

/** The middle and how far from it the truth may be, in microseconds. */
export function clockOf(range: ClockRange | undefined): {
  offsetMicros: number | null
  uncertaintyMicros: number | null
} {
  if (range === undefined) return { offsetMicros: null, uncertaintyMicros: null }
  const { least, most } = range
  return { offsetMicros: halfInMicros(least + most), uncertaintyMicros: halfInMicros(most - least) }
}

function halfInMicros(nanos: bigint): number {
  return Number(nanos) / 2_000
}
