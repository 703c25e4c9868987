import { malformed, type Parsed } from '@sockyard/protocol/parsed'

import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { CHUNK_TYPE, type DataChunk } from './chunk.ts'

/** Bytes of a DATA chunk before its user data (RFC 9260 section 3.3.1). */
export const DATA_HEADER_BYTES = 16

const ENDING = 1
const BEGINNING = 2
const UNORDERED = 4
const IMMEDIATE = 8

/** Reads a DATA chunk of `length` bytes at `at`; its data are a view of `bytes`, possibly empty. */
export function decodeData(bytes: Uint8Array, at: number, length: number): Parsed<DataChunk> {
  if (length < DATA_HEADER_BYTES) {
    return malformed('sctp', 'DATA', `length ${length}`)
  }
  const flags = bytes[at + 1] as number
  return {
    ok: true,
    value: {
      kind: 'data',
      tsn: readUint32(bytes, at + 4),
      stream: readUint16(bytes, at + 8),
      sequence: readUint16(bytes, at + 10),
      protocolId: readUint32(bytes, at + 12),
      unordered: (flags & UNORDERED) !== 0,
      beginning: (flags & BEGINNING) !== 0,
      ending: (flags & ENDING) !== 0,
      immediate: (flags & IMMEDIATE) !== 0,
      data: bytes.subarray(at + DATA_HEADER_BYTES, at + length),
    },
  }
}

/** Writes the header for `chunk` into the first 16 bytes of `bytes`, whose rest are its data. */
export function writeDataHeader(bytes: Uint8Array, chunk: Omit<DataChunk, 'kind' | 'data'>): void {
  bytes[0] = CHUNK_TYPE.DATA
  bytes[1] =
    (chunk.ending ? ENDING : 0) |
    (chunk.beginning ? BEGINNING : 0) |
    (chunk.unordered ? UNORDERED : 0) |
    (chunk.immediate ? IMMEDIATE : 0)
  writeUint16(bytes, 2, bytes.length)
  writeUint32(bytes, 4, chunk.tsn)
  writeUint16(bytes, 8, chunk.stream)
  writeUint16(bytes, 10, chunk.sequence)
  writeUint32(bytes, 12, chunk.protocolId)
}

/** Puts the TSN into an encoded DATA chunk: it is known only when the chunk first goes out. */
export const setDataTsn = (encoded: Uint8Array, tsn: number): void => {
  writeUint32(encoded, 4, tsn)
}

/** A whole DATA chunk as bytes, without padding. */
export function encodeData(chunk: DataChunk): Uint8Array {
  const bytes = new Uint8Array(DATA_HEADER_BYTES + chunk.data.length)
  writeDataHeader(bytes, chunk)
  bytes.set(chunk.data, DATA_HEADER_BYTES)
  return bytes
}
