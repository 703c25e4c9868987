/** struct timeval: seconds and microseconds, 64 bits each on every 64-bit Linux. */
export function encodeTimeval(millis: number): BigInt64Array {
  const micros = Math.round(millis * 1_000)
  return BigInt64Array.of(BigInt(Math.floor(micros / 1_000_000)), BigInt(micros % 1_000_000))
}
