import { malformed, type Parsed } from '@sockyard/protocol/parsed'

import { Slab, padded, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { CHUNK_HEADER_BYTES, chunkLength, decodeChunk, encodeChunk } from './chunk-codec.ts'
import type { Chunk } from './chunk.ts'
import { packetChecksum } from './crc32c.ts'

/** Bytes of the common header (RFC 9260 section 3.1). */
export const COMMON_HEADER_BYTES = 12

/** No stack bundles more; a datagram could hold 16,000, which would take too long to process. */
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
    return malformed('sctp', 'packet', `${bytes.length} bytes`)
  }
  if (packetChecksum(bytes) !== readChecksum(bytes))
    return malformed('sctp', 'packet', 'wrong checksum')
  const chunks: Chunk[] = []
  for (let at = COMMON_HEADER_BYTES; at < bytes.length;) {
    const length = at + CHUNK_HEADER_BYTES > bytes.length ? 0 : chunkLength(bytes, at)
    if (length < CHUNK_HEADER_BYTES || at + length > bytes.length) {
      return malformed('sctp', 'packet', `chunk length ${length} at ${at}`)
    }
    const chunk = decodeChunk(bytes, at, length)
    if (!chunk.ok) return chunk
    chunks.push(chunk.value)
    if (chunks.length > MAXIMUM_CHUNKS) return malformed('sctp', 'packet', 'too many chunks')
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

const readChecksum = (bytes: Uint8Array): number =>
  ((bytes[8] as number) |
    ((bytes[9] as number) << 8) |
    ((bytes[10] as number) << 16) |
    ((bytes[11] as number) << 24)) >>>
  0

/** One builder at a time: a packet is cut from the slab only when it is finished. */
const slab = new Slab()

/** Bundles chunks into one packet of at most `maximumBytes` (RFC 9260 section 6.10). */
export class PacketBuilder {
  readonly #bytes: Uint8Array
  #used = COMMON_HEADER_BYTES

  constructor(header: Omit<Packet, 'chunks'>, maximumBytes: number) {
    this.#bytes = slab.peek(maximumBytes)
    writeUint16(this.#bytes, 0, header.sourcePort)
    writeUint16(this.#bytes, 2, header.destinationPort)
    writeUint32(this.#bytes, 4, header.verificationTag)
  }

  get empty(): boolean {
    return this.#used === COMMON_HEADER_BYTES
  }

  /** Bytes left for one more chunk, its padding included. */
  get room(): number {
    return this.#bytes.length - this.#used
  }

  /** Appends an encoded chunk; the caller has checked that its padded length fits. */
  add(chunk: Uint8Array): void {
    const end = this.#used + chunk.length
    this.#bytes.set(chunk, this.#used)
    this.#used = padded(end)
    this.#bytes.fill(0, end, this.#used)
  }

  /** The packet with its checksum, least significant byte first (RFC 9260 section 6.8). */
  finish(): Uint8Array {
    const packet = slab.cut(this.#used)
    packet.fill(0, 8, 12)
    const checksum = packetChecksum(packet)
    packet[8] = checksum
    packet[9] = checksum >>> 8
    packet[10] = checksum >>> 16
    packet[11] = checksum >>> 24
    return packet
  }
}

/** A whole packet as bytes. */
export function encodePacket(packet: Packet): Uint8Array {
  const encoded = packet.chunks.map(encodeChunk)
  const size = encoded.reduce((sum, chunk) => sum + padded(chunk.length), COMMON_HEADER_BYTES)
  const builder = new PacketBuilder(packet, size)
  for (const chunk of encoded) builder.add(chunk)
  return builder.finish()
}
