const NANOS_PER_SECOND = 1_000_000_000n

/** 1900-01-01, where NTP's era 0 begins, to 1970-01-01 (RFC 5905, figure 4). */
const SECONDS_1900_TO_1970 = 2_208_988_800n

const FRACTION_BITS = 32n
const FRACTION_MASK = 0xffff_ffffn
const HALF_UNIT = 1n << (FRACTION_BITS - 1n)

/**
 * A moment as a raw 64-bit NTP timestamp: 32 bits of seconds since the era began, 32 bits of
 * fraction (RFC 5905, section 6). The era itself is not in it.
 *
 * @param nanos nanoseconds since 1970
 */
export function toNtpTimestamp(nanos: bigint): bigint {
  const since1900 = nanos + SECONDS_1900_TO_1970 * NANOS_PER_SECOND
  const units = ((since1900 << FRACTION_BITS) + NANOS_PER_SECOND / 2n) / NANOS_PER_SECOND
  // Zero means "unknown", so the first instant of an era is sent 0.2 ns late.
  return BigInt.asUintN(64, units) || 1n
}

/**
 * The moment a raw 64-bit NTP timestamp means, in nanoseconds since 1970, or null for the zero
 * timestamp ("unknown", RFC 5905, section 6). Of all eras the one within 68 years of the pivot
 * counts, which is right across 2036-02-07 06:28:16 UTC as long as the pivot is.
 *
 * @param raw the 64 bits as received
 * @param pivot nanoseconds since 1970, normally the local clock
 */
export function fromNtpTimestamp(raw: bigint, pivot: bigint): bigint | null {
  if (raw === 0n) return null
  const pivotSeconds = pivot / NANOS_PER_SECOND
  const eraSeconds = raw >> FRACTION_BITS
  const difference = BigInt.asIntN(32, eraSeconds - pivotSeconds - SECONDS_1900_TO_1970)
  const fraction = (raw & FRACTION_MASK) * NANOS_PER_SECOND
  return (pivotSeconds + difference) * NANOS_PER_SECOND + ((fraction + HALF_UNIT) >> FRACTION_BITS)
}

const SHORT_FRACTION_BITS = 16n
const SHORT_MAXIMUM = 0xffff_ffffn

/**
 * NTP's short format (16 bits of seconds, 16 of fraction; RFC 5905, section 6) in nanoseconds.
 *
 * @param short an unsigned 32-bit integer
 */
export function shortToNanos(short: number): bigint {
  return (BigInt(short) * NANOS_PER_SECOND) >> SHORT_FRACTION_BITS
}

/**
 * Nanoseconds in NTP's short format, rounded up so that a stated error is never too small.
 * From 65,536 s on it is the largest value there is.
 *
 * @throws {RangeError} for a negative duration
 */
export function nanosToShort(nanos: bigint): number {
  if (nanos < 0n) throw new RangeError(`${nanos} ns: a duration must not be negative`)
  const short = ((nanos << SHORT_FRACTION_BITS) + NANOS_PER_SECOND - 1n) / NANOS_PER_SECOND
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

/** The four timestamps of a request and its reply, in nanoseconds since 1970 (RFC 5905, section 8). */
export interface Exchange {
  /** T1, when the request was sent, by the client's clock. */
  readonly originAt: bigint
  /** T2, when it was received, by the server's clock. */
  readonly receiveAt: bigint
  /** T3, when the reply was sent, by the server's clock. */
  readonly transmitAt: bigint
  /** T4, when it was received, by the client's clock. */
  readonly destinationAt: bigint
}

/** By how many nanoseconds the server's clock is ahead of the client's. */
export function exchangeOffset({ originAt, receiveAt, transmitAt, destinationAt }: Exchange) {
  return (receiveAt - originAt + (transmitAt - destinationAt)) / 2n
}

/**
 * The round trip without the server's own time, in nanoseconds. Where clocks tick coarsely or at
 * different rates it can come out a little below zero.
 */
export function exchangeDelay({ originAt, receiveAt, transmitAt, destinationAt }: Exchange) {
  return destinationAt - originAt - (transmitAt - receiveAt)
}

/** A broadcast's timestamps, in nanoseconds since 1970, and how long it took to arrive. */
export interface BroadcastArrival {
  readonly transmitAt: bigint
  readonly receivedAt: bigint
  /** One-way delay in nanoseconds: half of what an exchange measured, or an assumption. */
  readonly delayNanos: bigint
}

/** By how many nanoseconds a broadcaster's clock is ahead of ours (RFC 5905, section 8, mode 5). */
export function broadcastOffset({ transmitAt, receivedAt, delayNanos }: BroadcastArrival): bigint {
  return transmitAt + delayNanos - receivedAt
}
