import { padded, readUint16, writeUint16 } from './bytes.ts'
import { MalformedPacketError } from './malformed-packet-error.ts'
import type { Parsed } from './parsed.ts'

/** A type, a length and a value: the form of parameters and of error causes (RFC 9260 3.2.1). */
export interface Tlv {
  type: number
  value: Uint8Array
}

const HEADER_BYTES = 4

/** No chunk has a use for more. */
const MAXIMUM_TLVS = 1024

/** Reads one after the other to the end of `bytes`; padding after the last one may be missing. */
export function decodeTlvs(bytes: Uint8Array, part: string): Parsed<Tlv[]> {
  const tlvs: Tlv[] = []
  let at = 0
  while (at + HEADER_BYTES <= bytes.length) {
    const length = readUint16(bytes, at + 2)
    if (length < HEADER_BYTES || at + length > bytes.length) {
      return { ok: false, error: new MalformedPacketError(part, `length ${length} at ${at}`) }
    }
    tlvs.push({
      type: readUint16(bytes, at),
      value: bytes.subarray(at + HEADER_BYTES, at + length),
    })
    if (tlvs.length > MAXIMUM_TLVS) {
      return { ok: false, error: new MalformedPacketError(part, 'too many') }
    }
    at += padded(length)
  }
  if (at < bytes.length) {
    return { ok: false, error: new MalformedPacketError(part, `${bytes.length - at} stray bytes`) }
  }
  return { ok: true, value: tlvs }
}

/** One type, length and value, without padding. */
export function encodeTlv({ type, value }: Tlv): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + value.length)
  writeUint16(bytes, 0, type)
  writeUint16(bytes, 2, bytes.length)
  bytes.set(value, HEADER_BYTES)
  return bytes
}
