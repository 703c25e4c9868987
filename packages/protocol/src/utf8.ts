/** A byte order mark is text like any other here: dropping it would lose what a peer sent. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Reads text; each invalid sequence becomes U+FFFD.
 *
 * @param maximumBytes reads no further than this, and never half a character
 */
export function decodeUtf8(bytes: Uint8Array, maximumBytes = bytes.length): string {
  return decoder.decode(bytes.subarray(0, characterBoundary(bytes, maximumBytes)))
}

/** The end of the last whole character within `maximumBytes` (RFC 3629: at most 3 bytes continue one). */
function characterBoundary(bytes: Uint8Array, maximumBytes: number): number {
  for (let end = maximumBytes; end > 0 && end > maximumBytes - 4; end -= 1) {
    if (!continues(bytes[end])) return end
  }
  return maximumBytes
}

function continues(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
