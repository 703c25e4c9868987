/**
 * Bytes after which the test pattern begins again.
 * A prime, so that no power-of-two segment, window or buffer size repeats in step with the pattern:
 * a block delivered twice, skipped or moved is seen as wrong bytes.
 */
export const PATTERN_PERIOD = 65_521

/** Two periods, so that one period can be copied from any phase in one go. */
const PATTERN = repeatedNoise()

/** Bytes without structure, the same on every machine (xorshift32, Marsaglia 2003). */
function repeatedNoise(): Uint8Array {
  const noise = new Uint8Array(2 * PATTERN_PERIOD)
  let state = 0x5eed_ec40
  for (let index = 0; index < PATTERN_PERIOD; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    noise[index] = state
  }
  noise.copyWithin(PATTERN_PERIOD, 0, PATTERN_PERIOD)
  return noise
}

/** The pattern from `offset` on: `length` bytes, or less where a period ends. */
function slice(offset: number, length: number): Uint8Array {
  const phase = offset % PATTERN_PERIOD
  return PATTERN.subarray(phase, phase + Math.min(length, PATTERN_PERIOD))
}

/**
 * Fills `bytes` with the echo services' test pattern.
 *
 * @param offset where in the endless pattern `bytes` begins, in bytes: for a stream, what was sent before
 */
export function fillPattern(bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;) {
    const piece = slice(offset + done, bytes.length - done)
    bytes.set(piece, done)
    done += piece.length
  }
}

/**
 * Compares `bytes` with the test pattern.
 *
 * @param offset as in {@link fillPattern}
 * @returns the index in `bytes` of the first wrong byte, or undefined when every byte is right
 */
export function firstMismatch(bytes: Uint8Array, offset: number): number | undefined {
  for (let done = 0; done < bytes.length;) {
    const piece = slice(offset + done, bytes.length - done)
    const found = bytes.subarray(done, done + piece.length)
    if (Buffer.compare(found, piece) !== 0) {
      return done + found.findIndex((byte, index) => byte !== piece[index])
    }
    done += piece.length
  }
  return undefined
}
