/** A u32 has no more. */
const LONGEST_BYTES = 4

/**
 * Writes the lowest bytes of a number, the lowest first, as many as there is room for.
 *
 * @param sequence u32
 * @returns what of `bytes` is left behind them
 */
export function writeLowBytes(bytes: Uint8Array, sequence: number): Uint8Array {
  const length = Math.min(bytes.length, LONGEST_BYTES)
  for (let index = 0; index < length; index += 1) bytes[index] = sequence >>> (8 * index)
  return bytes.subarray(length)
}

/**
 * Reads a number that was cut short: of all that end in these bytes, the last one up to `newest`.
 *
 * @param newest u32
 */
export function readLowBytes(
  bytes: Uint8Array,
  newest: number,
): { sequence: number; rest: Uint8Array } {
  const length = Math.min(bytes.length, LONGEST_BYTES)
  let low = 0
  for (let index = length - 1; index >= 0; index -= 1) low = low * 256 + (bytes[index] ?? 0)
  const period = 256 ** length
  const behind = (((newest - low) % period) + period) % period
  return { sequence: (newest - behind) >>> 0, rest: bytes.subarray(length) }
}
