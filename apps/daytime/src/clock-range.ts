/** How far a clock is off: nanoseconds, at least and at most. */
export interface ClockRange {
  readonly least: bigint
  readonly most: bigint
}

const NANOS_PER_SECOND = 1_000_000_000n

/**
 * What one answer says of the server's clock. It read its clock at some time between question and answer, and told
 * the whole second of it.
 *
 * @param said the second it told, and the local clock when it was asked and when the answer was here; nanoseconds
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
