import { safeText } from '@sockyard/protocol/chat'

const NUL = 0

/** A message of at least `sizeBytes`: NULs follow a shorter text. */
export function toMessage(text: string, sizeBytes = 0): Uint8Array {
  const bytes = Buffer.from(text)
  if (bytes.length >= sizeBytes) return bytes
  return Buffer.concat([bytes], sizeBytes)
}

/** What a person may see of a message: without the NULs at its end, and safe for a terminal. */
export function messageText(data: Uint8Array): string {
  const last = data.findLastIndex((byte) => byte !== NUL)
  return safeText(Buffer.from(data.subarray(0, last + 1)).toString('utf8'))
}
