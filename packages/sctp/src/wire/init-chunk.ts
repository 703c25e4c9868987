import { concatPadded, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import type { InitChunk } from './chunk.ts'
import { MalformedPacketError } from './malformed-packet-error.ts'
import { decodeParameters, encodeParameter } from './parameter.ts'
import type { Parsed } from './parsed.ts'

const FIXED_BYTES = 16

/** Reads the value of an INIT or INIT ACK chunk (RFC 9260 sections 3.3.2 and 3.3.3). */
export function decodeInit(kind: InitChunk['kind'], value: Uint8Array): Parsed<InitChunk> {
  if (value.length < FIXED_BYTES) {
    return { ok: false, error: new MalformedPacketError(kind, `${value.length} bytes`) }
  }
  const parameters = decodeParameters(value.subarray(FIXED_BYTES))
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
export function encodeInit(chunk: InitChunk): Uint8Array {
  const fixed = new Uint8Array(FIXED_BYTES)
  writeUint32(fixed, 0, chunk.initiateTag)
  writeUint32(fixed, 4, chunk.window)
  writeUint16(fixed, 8, chunk.outboundStreams)
  writeUint16(fixed, 10, chunk.inboundStreams)
  writeUint32(fixed, 12, chunk.initialTsn)
  return concatPadded([fixed, ...chunk.parameters.map(encodeParameter)])
}
