import { padded, writeUint16, writeUint32 } from './bytes.ts'
import { packetChecksum } from './crc32c.ts'
import { encodeChunk } from './encode-chunk.ts'
import { COMMON_HEADER_BYTES } from './packet.ts'
import type { Packet } from './packet.ts'
import { Slab } from './slab.ts'

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
