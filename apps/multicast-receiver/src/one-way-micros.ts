const WORD = 2 ** 32
const HALF = 2 ** 16

/** A moment as the kernel tells it: since 1970. */
export interface Moment {
  readonly seconds: number
  /** 0 to 999,999,999. */
  readonly nanos: number
}

/**
 * Microseconds from the sending to the reception, to the nanosecond and without a bigint: nanoseconds since 1970
 * take more bits than a number has, so that the larger parts are subtracted first.
 *
 * @param sentHigh @param sentLow the 64 bits of nanoseconds since 1970, as two words
 */
export function oneWayMicros(sentHigh: number, sentLow: number, received: Moment): number {
  const upper = Math.floor(received.seconds / HALF) * 1e9 - sentHigh * (WORD / HALF)
  const lower = (received.seconds % HALF) * 1e9 + received.nanos - sentLow
  return (upper * HALF + lower) / 1_000
}
