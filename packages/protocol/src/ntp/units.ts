const NANOS_PER_SECOND = 1_000_000_000n
const FRACTION_BITS = 16n
const SHORT_MAXIMUM = 0xffff_ffffn

/**
 * NTP's short format (16 bits of seconds, 16 of fraction; RFC 5905, section 6) in nanoseconds.
 *
 * @param short an unsigned 32-bit integer
 */
export function shortToNanos(short: number): bigint {
  return (BigInt(short) * NANOS_PER_SECOND) >> FRACTION_BITS
}

/**
 * Nanoseconds in NTP's short format, rounded up so that a stated error is never too small.
 * From 65,536 s on it is the largest value there is.
 *
 * @throws {RangeError} for a negative duration
 */
export function nanosToShort(nanos: bigint): number {
  if (nanos < 0n) throw new RangeError(`${nanos} ns: a duration must not be negative`)
  const short = ((nanos << FRACTION_BITS) + NANOS_PER_SECOND - 1n) / NANOS_PER_SECOND
  return Number(short > SHORT_MAXIMUM ? SHORT_MAXIMUM : short)
}

/**
 * What the poll and precision fields say (a power of two in seconds), in nanoseconds.
 * A power below the nanosecond gives 0.
 *
 * @param exponent log2 of seconds, -128 to 127
 */
export function log2ToNanos(exponent: number): bigint {
  const shift = BigInt(exponent)
  return shift < 0n ? NANOS_PER_SECOND >> -shift : NANOS_PER_SECOND << shift
}

/**
 * The nearest power of two in seconds, as the poll and precision fields have it.
 *
 * @throws {RangeError} for a duration that is not positive
 */
export function nanosToLog2(nanos: bigint): number {
  if (nanos <= 0n) throw new RangeError(`${nanos} ns: a duration must be positive`)
  return Math.round(Math.log2(Number(nanos) / Number(NANOS_PER_SECOND)))
}
