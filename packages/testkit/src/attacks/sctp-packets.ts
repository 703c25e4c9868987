const SCTP_PORT = 9877

/** CRC-32C (RFC 9260, appendix A), the reflected polynomial. */
function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}

/** A packet of RFC 9260, section 3, with whatever chunks. */
export function packet(tag: number, ...chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat([new Uint8Array(12), ...chunks])
  bytes.writeUInt16BE(40_000, 0)
  bytes.writeUInt16BE(SCTP_PORT, 2)
  bytes.writeUInt32BE(tag, 4)
  bytes.writeUInt32LE(crc32c(bytes), 8)
  return bytes
}

export function chunk(type: number, value: Uint8Array, flags = 0): Uint8Array {
  const length = 4 + value.length
  const bytes = Buffer.alloc((length + 3) & ~3)
  bytes.set([type, flags, length >> 8, length & 255])
  bytes.set(value, 4)
  return bytes
}

/** INIT with parameters behind it; its initiate tag is 0xabcd, its first TSN 0. */
export function init(parameters: Uint8Array): Uint8Array {
  const value = Buffer.alloc(16 + parameters.length)
  value.writeUInt32BE(0xabcd, 0)
  value.writeUInt32BE(100_000, 4)
  value.writeUInt16BE(65_535, 8)
  value.writeUInt16BE(65_535, 10)
  value.set(parameters, 16)
  return chunk(1, value)
}

/** What begins an association, and is answered without a state. */
export const initPacket = (): Uint8Array => packet(0, init(new Uint8Array()))
