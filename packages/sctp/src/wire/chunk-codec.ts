import { malformed, type Parsed } from '@sockyard/protocol/parsed'

import { concatPadded, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import {
  CHUNK_TYPE,
  type Chunk,
  type EcnChunk,
  type GapBlock,
  type HeartbeatChunk,
  type InitChunk,
  type SackChunk,
} from './chunk.ts'
import { decodeData, encodeData } from './data-chunk.ts'
import { decodeErrorCauses, encodeErrorCause } from './error-cause.ts'
import { decodeParameters, encodeParameter } from './parameter.ts'

/** Bytes of a chunk before its value: type, flags and length (RFC 9260 section 3.2). */
export const CHUNK_HEADER_BYTES = 4

const INIT_FIXED_BYTES = 16
const SACK_FIXED_VALUE_BYTES = 12
const T_BIT = 1

/** Reads the chunk at `at`, whose whole length (already checked to be there) is `length`. */
export function decodeChunk(bytes: Uint8Array, at: number, length: number): Parsed<Chunk> {
  const type = bytes[at] as number
  if (type === CHUNK_TYPE.DATA) return decodeData(bytes, at, length)
  const value = bytes.subarray(at + CHUNK_HEADER_BYTES, at + length)
  const reflected = ((bytes[at + 1] as number) & T_BIT) !== 0
  switch (type) {
    case CHUNK_TYPE.SACK:
      return decodeSack(value)
    case CHUNK_TYPE.INIT:
      return decodeInit('init', value)
    case CHUNK_TYPE.INIT_ACK:
      return decodeInit('init-ack', value)
    case CHUNK_TYPE.HEARTBEAT:
      return decodeHeartbeat('heartbeat', value)
    case CHUNK_TYPE.HEARTBEAT_ACK:
      return decodeHeartbeat('heartbeat-ack', value)
    case CHUNK_TYPE.ABORT:
      return withCauses(value, (causes) => ({ kind: 'abort', reflected, causes }))
    case CHUNK_TYPE.ERROR:
      return withCauses(value, (causes) => ({ kind: 'error', causes }))
    case CHUNK_TYPE.SHUTDOWN:
      return decodeShutdown(value)
    case CHUNK_TYPE.SHUTDOWN_ACK:
      return { ok: true, value: { kind: 'shutdown-ack' } }
    case CHUNK_TYPE.COOKIE_ECHO:
      return { ok: true, value: { kind: 'cookie-echo', cookie: value } }
    case CHUNK_TYPE.COOKIE_ACK:
      return { ok: true, value: { kind: 'cookie-ack' } }
    case CHUNK_TYPE.ECNE:
      return decodeEcn('ecne', value)
    case CHUNK_TYPE.CWR:
      return decodeEcn('cwr', value)
    case CHUNK_TYPE.SHUTDOWN_COMPLETE:
      return { ok: true, value: { kind: 'shutdown-complete', reflected } }
    case CHUNK_TYPE.PAD:
      return { ok: true, value: { kind: 'pad', bytes: value.length } }
    default:
      return { ok: true, value: { kind: 'unknown', type, chunk: bytes.subarray(at, at + length) } }
  }
}

/** RFC 9260 sections 3.3.5 and 3.3.6: one Heartbeat Info parameter, and nothing else. */
function decodeHeartbeat(kind: HeartbeatChunk['kind'], value: Uint8Array): Parsed<Chunk> {
  const parameters = decodeParameters(value)
  if (!parameters.ok) return parameters
  const [info] = parameters.value
  if (info?.kind !== 'heartbeat-info') return malformed('sctp', kind, 'no Heartbeat Info')
  return { ok: true, value: { kind, info: info.info } }
}

function withCauses(
  value: Uint8Array,
  chunkOf: (causes: { code: number; information: Uint8Array }[]) => Chunk,
): Parsed<Chunk> {
  const causes = decodeErrorCauses(value)
  return causes.ok ? { ok: true, value: chunkOf(causes.value) } : causes
}

function decodeShutdown(value: Uint8Array): Parsed<Chunk> {
  if (value.length !== 4) return malformed('sctp', 'shutdown', `${value.length} bytes`)
  return { ok: true, value: { kind: 'shutdown', cumulativeTsn: readUint32(value, 0) } }
}

function decodeEcn(kind: EcnChunk['kind'], value: Uint8Array): Parsed<Chunk> {
  if (value.length !== 4) return malformed('sctp', kind, `${value.length} bytes`)
  return { ok: true, value: { kind, lowestTsn: readUint32(value, 0) } }
}

/** The length field of the chunk at `at`: header and value, without padding. */
export const chunkLength = (bytes: Uint8Array, at: number): number => readUint16(bytes, at + 2)

const NOTHING = new Uint8Array(0)

/** Any chunk as bytes, without padding (RFC 9260 section 3.2). */
export function encodeChunk(chunk: Chunk): Uint8Array {
  switch (chunk.kind) {
    case 'data':
      return encodeData(chunk)
    case 'init':
      return wrap(CHUNK_TYPE.INIT, 0, encodeInit(chunk))
    case 'init-ack':
      return wrap(CHUNK_TYPE.INIT_ACK, 0, encodeInit(chunk))
    case 'sack':
      return wrap(CHUNK_TYPE.SACK, 0, encodeSack(chunk))
    case 'heartbeat':
      return wrap(CHUNK_TYPE.HEARTBEAT, 0, heartbeatInfo(chunk.info))
    case 'heartbeat-ack':
      return wrap(CHUNK_TYPE.HEARTBEAT_ACK, 0, heartbeatInfo(chunk.info))
    case 'abort':
      return wrap(CHUNK_TYPE.ABORT, tBit(chunk), concatPadded(chunk.causes.map(encodeErrorCause)))
    case 'error':
      return wrap(CHUNK_TYPE.ERROR, 0, concatPadded(chunk.causes.map(encodeErrorCause)))
    case 'shutdown':
      return wrap(CHUNK_TYPE.SHUTDOWN, 0, uint32(chunk.cumulativeTsn))
    case 'shutdown-ack':
      return wrap(CHUNK_TYPE.SHUTDOWN_ACK, 0, NOTHING)
    case 'cookie-echo':
      return wrap(CHUNK_TYPE.COOKIE_ECHO, 0, chunk.cookie)
    case 'cookie-ack':
      return wrap(CHUNK_TYPE.COOKIE_ACK, 0, NOTHING)
    case 'ecne':
      return wrap(CHUNK_TYPE.ECNE, 0, uint32(chunk.lowestTsn))
    case 'cwr':
      return wrap(CHUNK_TYPE.CWR, 0, uint32(chunk.lowestTsn))
    case 'shutdown-complete':
      return wrap(CHUNK_TYPE.SHUTDOWN_COMPLETE, tBit(chunk), NOTHING)
    case 'pad':
      return wrap(CHUNK_TYPE.PAD, 0, new Uint8Array(chunk.bytes))
    case 'unknown':
      break
  }
  return chunk.chunk
}

const tBit = (chunk: { reflected: boolean }): number => (chunk.reflected ? 1 : 0)

const heartbeatInfo = (info: Uint8Array): Uint8Array =>
  encodeParameter({ kind: 'heartbeat-info', info })

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  writeUint32(bytes, 0, value)
  return bytes
}

function wrap(type: number, flags: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES + value.length)
  bytes[0] = type
  bytes[1] = flags
  writeUint16(bytes, 2, bytes.length)
  bytes.set(value, CHUNK_HEADER_BYTES)
  return bytes
}

/** Reads the value of an INIT or INIT ACK chunk (RFC 9260 sections 3.3.2 and 3.3.3). */
function decodeInit(kind: InitChunk['kind'], value: Uint8Array): Parsed<InitChunk> {
  if (value.length < INIT_FIXED_BYTES) {
    return malformed('sctp', kind, `${value.length} bytes`)
  }
  const parameters = decodeParameters(value.subarray(INIT_FIXED_BYTES))
  if (!parameters.ok) return parameters
  return {
    ok: true,
    value: {
      kind,
      initiateTag: readUint32(value, 0),
      window: readUint32(value, 4),
      outboundStreams: readUint16(value, 8),
      inboundStreams: readUint16(value, 10),
      initialTsn: readUint32(value, 12),
      parameters: parameters.value,
    },
  }
}

/** The value of an INIT or INIT ACK chunk. */
function encodeInit(chunk: InitChunk): Uint8Array {
  const fixed = new Uint8Array(INIT_FIXED_BYTES)
  writeUint32(fixed, 0, chunk.initiateTag)
  writeUint32(fixed, 4, chunk.window)
  writeUint16(fixed, 8, chunk.outboundStreams)
  writeUint16(fixed, 10, chunk.inboundStreams)
  writeUint32(fixed, 12, chunk.initialTsn)
  return concatPadded([fixed, ...chunk.parameters.map(encodeParameter)])
}

/** Reads the value of a SACK chunk (RFC 9260 section 3.3.4): gap blocks ascend and do not overlap. */
function decodeSack(value: Uint8Array): Parsed<SackChunk> {
  const gapCount = value.length < SACK_FIXED_VALUE_BYTES ? -1 : readUint16(value, 8)
  const duplicateCount = value.length < SACK_FIXED_VALUE_BYTES ? 0 : readUint16(value, 10)
  if (gapCount < 0 || value.length !== SACK_FIXED_VALUE_BYTES + (gapCount + duplicateCount) * 4) {
    return malformed(
      'sctp',
      'SACK',
      `${value.length} bytes for ${gapCount} gaps, ${duplicateCount} duplicates`,
    )
  }
  const gaps = readGaps(value, gapCount)
  if (!gaps) return malformed('sctp', 'SACK', 'gap blocks out of order')
  const duplicatesAt = SACK_FIXED_VALUE_BYTES + gapCount * 4
  return {
    ok: true,
    value: {
      kind: 'sack',
      cumulativeTsn: readUint32(value, 0),
      window: readUint32(value, 4),
      gaps,
      duplicates: readDuplicates(value.subarray(duplicatesAt), duplicateCount),
    },
  }
}

function readGaps(value: Uint8Array, count: number): GapBlock[] | undefined {
  const gaps: GapBlock[] = []
  let previous = 0
  for (let index = 0; index < count; index += 1) {
    const start = readUint16(value, SACK_FIXED_VALUE_BYTES + index * 4)
    const end = readUint16(value, SACK_FIXED_VALUE_BYTES + index * 4 + 2)
    if (start <= previous || end < start) return undefined
    gaps.push({ start, end })
    previous = end
  }
  return gaps
}

const readDuplicates = (bytes: Uint8Array, count: number): number[] =>
  count === 0 ? [] : Array.from({ length: count }, (_, index) => readUint32(bytes, index * 4))

/** The value of a SACK chunk. */
function encodeSack(chunk: SackChunk): Uint8Array {
  const { gaps, duplicates } = chunk
  const value = new Uint8Array(SACK_FIXED_VALUE_BYTES + (gaps.length + duplicates.length) * 4)
  writeUint32(value, 0, chunk.cumulativeTsn)
  writeUint32(value, 4, chunk.window)
  writeUint16(value, 8, gaps.length)
  writeUint16(value, 10, duplicates.length)
  let at = SACK_FIXED_VALUE_BYTES
  for (const { start, end } of gaps) {
    writeUint16(value, at, start)
    writeUint16(value, at + 2, end)
    at += 4
  }
  for (const tsn of duplicates) {
    writeUint32(value, at, tsn)
    at += 4
  }
  return value
}
