import { safeText } from '../safe-text.ts'
import { decodeUtf8 } from '../utf8.ts'

/** No more of a payload than this is shown. */
const MAXIMUM_TEXT_BYTES = 1024
const MAXIMUM_HEX_BYTES = 16

/**
 * Shows a payload in one line: as text where it is text, else as its length and the beginning of it in hex,
 * as in `64 B 0a1b2c…`. Safe for a terminal and a log.
 */
export function describePayload(bytes: Uint8Array): string {
  const { length } = withoutPadding(bytes)
  const text = decodeUtf8(bytes, Math.min(length, MAXIMUM_TEXT_BYTES))
    .replaceAll('\t', ' ')
    .replace(/[\r\n]+$/, '')
  const isText = text !== '' && !text.includes('\uFFFD') && safeText(text) === text
  if (!isText) return `${bytes.length} B ${hex(bytes)}`.trimEnd()
  return length > MAXIMUM_TEXT_BYTES ? `${text}…` : text
}

/** C programs send a text with its terminating zero, and often the zeros of the rest of their buffer. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)
}

function hex(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, MAXIMUM_HEX_BYTES).toHex()
  return bytes.length > MAXIMUM_HEX_BYTES ? `${shown}…` : shown
}
