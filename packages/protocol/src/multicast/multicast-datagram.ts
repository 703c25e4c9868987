import { malformed, parsed, type Parsed } from '../parsed.ts'

/**
 * What a multicast sender sends, so that a receiver can tell lost, duplicated and reordered. All fields are
 * big-endian.
 *
 *     0 magic "SYM"   3 version 1   4 sender u32   8 sequence u64   16 send time u64   24 payload …
 */
export interface MulticastDatagram {
  /** Picked at random by each run of a sender. */
  sender: number
  /** Counts a sender's datagrams to one group from 0. */
  sequence: bigint
  /** When it was sent: nanoseconds since 1970. */
  sentAt: bigint
  payload: Uint8Array
}

/** A datagram without payload. */
export const MULTICAST_HEADER_BYTES = 24

const MAGIC_AND_VERSION = 0x53594d01 // "SYM", 1
const MAGIC = MAGIC_AND_VERSION >>> 8

/**
 * What a datagram of this length that begins with this 32-bit word is, for counting without decoding:
 * `malformed` has our header in a version we do not know, and what is `plain` came from another program.
 */
export function multicastKind(
  bytes: number,
  firstWord: number,
): 'numbered' | 'malformed' | 'plain' {
  if (bytes < MULTICAST_HEADER_BYTES || firstWord >>> 8 !== MAGIC) return 'plain'
  return firstWord === MAGIC_AND_VERSION ? 'numbered' : 'malformed'
}

/** Where the numbers are, in bytes from the beginning of a datagram. */
export const MULTICAST_FIELDS = { sender: 4, sequence: 8, sentAt: 16 } as const

/** Builds the datagram: the header and a copy of the payload. */
export function encodeMulticastDatagram(datagram: MulticastDatagram): Uint8Array {
  const bytes = new Uint8Array(MULTICAST_HEADER_BYTES + datagram.payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC_AND_VERSION)
  view.setUint32(4, datagram.sender)
  view.setBigUint64(8, datagram.sequence)
  view.setBigUint64(16, datagram.sentAt)
  bytes.set(datagram.payload, MULTICAST_HEADER_BYTES)
  return bytes
}

/**
 * Reads a datagram. What is malformed may still be a plain datagram of another program: see describePayload.
 *
 * @returns with a payload that shares memory with `bytes`
 */
export function decodeMulticastDatagram(bytes: Uint8Array): Parsed<MulticastDatagram> {
  if (bytes.length < MULTICAST_HEADER_BYTES) {
    const reason = `${bytes.length} B, a header has ${MULTICAST_HEADER_BYTES} B`
    return malformed('multicast', 'length', reason)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = view.getUint32(0)
  if (start !== MAGIC_AND_VERSION) {
    return start >>> 8 === MAGIC
      ? malformed('multicast', 'version', `${start & 0xff}, only 1 is known`)
      : malformed('multicast', 'magic', 'a plain datagram')
  }
  return parsed({
    sender: view.getUint32(4),
    sequence: view.getBigUint64(8),
    sentAt: view.getBigUint64(16),
    payload: bytes.subarray(MULTICAST_HEADER_BYTES),
  })
}
