import { readUint16, readUint32 } from './bytes.ts'
import { CHUNK_TYPE } from './chunk-type.ts'
import type { Chunk, EcnChunk, HeartbeatChunk } from './chunk.ts'
import { decodeData } from './data-chunk.ts'
import { decodeErrorCauses } from './error-cause.ts'
import { decodeInit } from './init-chunk.ts'
import { MalformedPacketError } from './malformed-packet-error.ts'
import { decodeParameters } from './parameter.ts'
import type { Parsed } from './parsed.ts'
import { decodeSack } from './sack-chunk.ts'

/** Bytes of a chunk before its value: type, flags and length (RFC 9260 section 3.2). */
export const CHUNK_HEADER_BYTES = 4

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
  if (info?.kind !== 'heartbeat-info') return malformed(kind, 'no Heartbeat Info')
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
  if (value.length !== 4) return malformed('shutdown', `${value.length} bytes`)
  return { ok: true, value: { kind: 'shutdown', cumulativeTsn: readUint32(value, 0) } }
}

function decodeEcn(kind: EcnChunk['kind'], value: Uint8Array): Parsed<Chunk> {
  if (value.length !== 4) return malformed(kind, `${value.length} bytes`)
  return { ok: true, value: { kind, lowestTsn: readUint32(value, 0) } }
}

const malformed = (part: string, reason: string): Parsed<Chunk> => ({
  ok: false,
  error: new MalformedPacketError(part, reason),
})

/** The length field of the chunk at `at`: header and value, without padding. */
export const chunkLength = (bytes: Uint8Array, at: number): number => readUint16(bytes, at + 2)
