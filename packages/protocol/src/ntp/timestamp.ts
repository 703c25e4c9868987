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
