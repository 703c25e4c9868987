/** Enough that one interruption doesn't count. */
const READINGS = 200

/**
 * The time it takes to read the clock, or its grain where that is more (RFC 5905, section 7.3: precision): the
 * least step between two readings that differ.
 *
 * @param now nanoseconds since 1970
 * @returns nanoseconds, at least 1
 */
export function measurePrecision(now: () => bigint): bigint {
  let least = 1_000_000_000n
  let last = now()
  for (let reading = 0; reading < READINGS; reading += 1) {
    const next = now()
    if (next > last && next - last < least) least = next - last
    last = next
  }
  return least
}
