/**
 * The bytes, copied if they are a small part of a larger buffer: who keeps a byte of a datagram
 * would otherwise keep all of it in memory.
 */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.length * 2 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes
