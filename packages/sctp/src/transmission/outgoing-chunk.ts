import type { Path } from '../paths/path.ts'
import { Slab } from '../wire/bytes.ts'
import { DATA_HEADER_BYTES, writeDataHeader } from '../wire/data-chunk.ts'

/** What is to be sent. The bytes are copied: the caller may reuse them. */
export interface OutgoingMessage {
  /** 0 to the number of outbound streams − 1; default: 0. */
  stream?: number
  /** Delivered as it arrives, past the stream's order (RFC 9260 section 6.6). */
  unordered?: boolean
  /** For the application's use, 32 bits; default: 0. */
  protocolId?: number
  data: Uint8Array
}

/** A DATA chunk from the send call until the peer has acknowledged it. */
export interface OutgoingChunk {
  /** The whole DATA chunk; its TSN is written when it is first sent. */
  encoded: Uint8Array
  dataBytes: number
  /** Fragments of its message that follow this one: 0 for the last. */
  fragmentsAfter: number
  tsn: number
  transmissions: number
  sentAt: number
  /** Where it was last sent. */
  path: Path | undefined
  acknowledged: boolean
  /** To be sent again, and so no longer in flight. */
  lost: boolean
  /** SACKs that reported it missing (RFC 9260 section 7.2.4). */
  missingReports: number
}

const slab = new Slab()

/** Cuts a message into DATA chunks of at most `chunkBytes` of user data (RFC 9260 section 6.9). */
export function fragment(
  message: OutgoingMessage,
  sequence: number,
  chunkBytes: number,
): OutgoingChunk[] {
  const { data, stream = 0, unordered = false, protocolId = 0 } = message
  const count = Math.ceil(data.length / chunkBytes)
  return Array.from({ length: count }, (_, index) => {
    const part = data.subarray(index * chunkBytes, (index + 1) * chunkBytes)
    const encoded = slab.cut(DATA_HEADER_BYTES + part.length)
    const place = { beginning: index === 0, ending: index === count - 1 }
    writeDataHeader(encoded, {
      ...place,
      tsn: 0,
      stream,
      sequence,
      protocolId,
      unordered,
      immediate: false,
    })
    encoded.set(part, DATA_HEADER_BYTES)
    return outgoingChunk(encoded, part.length, count - 1 - index)
  })
}

const outgoingChunk = (
  encoded: Uint8Array,
  dataBytes: number,
  fragmentsAfter: number,
): OutgoingChunk => ({
  encoded,
  dataBytes,
  fragmentsAfter,
  tsn: 0,
  transmissions: 0,
  sentAt: 0,
  path: undefined,
  acknowledged: false,
  lost: false,
  missingReports: 0,
})
