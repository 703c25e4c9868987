import { concatPadded, writeUint16, writeUint32 } from './bytes.ts'
import { CHUNK_TYPE } from './chunk-type.ts'
import type { Chunk } from './chunk.ts'
import { encodeData } from './data-chunk.ts'
import { CHUNK_HEADER_BYTES } from './decode-chunk.ts'
import { encodeErrorCause } from './error-cause.ts'
import { encodeInit } from './init-chunk.ts'
import { encodeParameter } from './parameter.ts'
import { encodeSack } from './sack-chunk.ts'

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
