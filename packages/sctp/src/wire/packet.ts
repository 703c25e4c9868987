import { padded, readUint16, readUint32 } from './bytes.ts'
import type { Chunk } from './chunk.ts'
import { packetChecksum } from './crc32c.ts'
import { CHUNK_HEADER_BYTES, chunkLength, decodeChunk } from './decode-chunk.ts'
import { MalformedPacketError } from './malformed-packet-error.ts'
import type { Parsed } from './parsed.ts'

/** Bytes of the common header (RFC 9260 section 3.1). */
export const COMMON_HEADER_BYTES = 12

/** Nobody bundles more; a datagram could hold 16,000 and keep us busy for longer than it is worth. */
const MAXIMUM_CHUNKS = 4096

/** An SCTP packet: the common header (RFC 9260 section 3.1) and its chunks in order. */
export interface Packet {
  sourcePort: number
  destinationPort: number
  verificationTag: number
  chunks: Chunk[]
}

/**
 * Reads a packet with its checksum (RFC 9260 section 6.8). The checksum's four bytes are the lowest
 * byte first. A chunk that runs over the packet's end, or is malformed, spoils the whole packet.
 */
export function decodePacket(bytes: Uint8Array): Parsed<Packet> {
  if (bytes.length < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) {
    return malformed(`${bytes.length} bytes`)
  }
  if (packetChecksum(bytes) !== readChecksum(bytes)) return malformed('wrong checksum')
  const chunks: Chunk[] = []
  for (let at = COMMON_HEADER_BYTES; at < bytes.length;) {
    const length = at + CHUNK_HEADER_BYTES > bytes.length ? 0 : chunkLength(bytes, at)
    if (length < CHUNK_HEADER_BYTES || at + length > bytes.length) {
      return malformed(`chunk length ${length} at ${at}`)
    }
    const chunk = decodeChunk(bytes, at, length)
    if (!chunk.ok) return chunk
    chunks.push(chunk.value)
    if (chunks.length > MAXIMUM_CHUNKS) return malformed('too many chunks')
    at += padded(length)
  }
  return {
    ok: true,
    value: {
      sourcePort: readUint16(bytes, 0),
      destinationPort: readUint16(bytes, 2),
      verificationTag: readUint32(bytes, 4),
      chunks,
    },
  }
}

const malformed = (reason: string): Parsed<Packet> => ({
  ok: false,
  error: new MalformedPacketError('packet', reason),
})

const readChecksum = (bytes: Uint8Array): number =>
  ((bytes[8] as number) |
    ((bytes[9] as number) << 8) |
    ((bytes[10] as number) << 16) |
    ((bytes[11] as number) << 24)) >>>
  0
