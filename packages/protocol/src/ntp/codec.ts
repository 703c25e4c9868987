import { malformed, parsed, type Parsed } from '../parsed.ts'
import { NTP_HEADER_BYTES, type NtpPacket, type NtpFields } from './packet.ts'
import { readReferenceId } from './reference-id.ts'
import { fromNtpTimestamp, shortToNanos, nanosToShort } from './timestamp.ts'
import { decodeTrailer, encodeExtensions, encodeMac } from './trailer.ts'

function decodeHeader(view: DataView) {
  const first = view.getUint8(0)
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum: view.getUint8(1),
    poll: view.getInt8(2),
    precision: view.getInt8(3),
    rootDelayNanos: shortToNanos(view.getUint32(4)),
    rootDispersionNanos: shortToNanos(view.getUint32(8)),
    referenceIdRaw: view.getUint32(12),
    referenceRaw: view.getBigUint64(16),
    originRaw: view.getBigUint64(24),
    receiveRaw: view.getBigUint64(32),
    transmitRaw: view.getBigUint64(40),
  }
}

/**
 * Decodes an NTP packet (RFC 5905, section 7.3; extension fields and MAC as RFC 7822 tells them
 * apart). Whether its content is believable is for the checks to say.
 *
 * @param bytes one datagram
 * @param pivot nanoseconds since 1970, normally the local clock: picks the era of the timestamps
 */
export function decodeNtpPacket(bytes: Uint8Array, pivot: bigint): Parsed<NtpPacket> {
  if (bytes.length < NTP_HEADER_BYTES || bytes.length % 4 !== 0) {
    return malformed('ntp', 'length', `${bytes.length}: must be 48, 52, 56 … octets`)
  }
  const header = decodeHeader(new DataView(bytes.buffer, bytes.byteOffset, NTP_HEADER_BYTES))
  const trailer = decodeTrailer(bytes.subarray(NTP_HEADER_BYTES), header.version)
  if (!trailer.ok) return trailer
  return parsed({
    ...header,
    ...trailer.value,
    referenceId: readReferenceId(header.stratum, header.referenceIdRaw),
    referenceAt: fromNtpTimestamp(header.referenceRaw, pivot),
    originAt: fromNtpTimestamp(header.originRaw, pivot),
    receiveAt: fromNtpTimestamp(header.receiveRaw, pivot),
    transmitAt: fromNtpTimestamp(header.transmitRaw, pivot),
  })
}

function inRange(field: string, value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw new RangeError(`${field} ${value}: must be ${minimum} to ${maximum}`)
}

function timestamp(field: string, raw: bigint): bigint {
  if (BigInt.asUintN(64, raw) === raw) return raw
  throw new RangeError(`${field} ${raw}: must fit 64 bits`)
}

function firstOctet({ leap, version, mode }: NtpFields): number {
  const high = (inRange('leap', leap, 0, 3) << 6) | (inRange('version', version, 0, 7) << 3)
  return high | inRange('mode', mode, 0, 7)
}

/** Where the transmit timestamp stands (RFC 5905, figure 8). */
const TRANSMIT_OFFSET = 40

function encodeHeader(fields: NtpFields): Uint8Array {
  const bytes = new Uint8Array(NTP_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, firstOctet(fields))
  view.setUint8(1, inRange('stratum', fields.stratum, 0, 255))
  view.setInt8(2, inRange('poll', fields.poll, -128, 127))
  view.setInt8(3, inRange('precision', fields.precision, -128, 127))
  view.setUint32(4, nanosToShort(fields.rootDelayNanos))
  view.setUint32(8, nanosToShort(fields.rootDispersionNanos))
  view.setUint32(12, inRange('reference id', fields.referenceIdRaw, 0, 0xffff_ffff))
  view.setBigUint64(16, timestamp('reference timestamp', fields.referenceRaw))
  view.setBigUint64(24, timestamp('origin timestamp', fields.originRaw))
  view.setBigUint64(32, timestamp('receive timestamp', fields.receiveRaw))
  view.setBigUint64(TRANSMIT_OFFSET, timestamp('transmit timestamp', fields.transmitRaw))
  return bytes
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let start = 0
  for (const part of parts) {
    bytes.set(part, start)
    start += part.length
  }
  return bytes
}

/**
 * The octets a MAC is computed over: header and extension fields (RFC 5905, section 7.3).
 *
 * @throws {RangeError} when a field is out of its range
 */
export function encodeUnsigned(fields: NtpFields): Uint8Array {
  return concatenate([encodeHeader(fields), ...encodeExtensions(fields.version, fields.extensions)])
}

/**
 * Encodes an NTP packet; the opposite of {@link decodeNtpPacket}, bit for bit.
 *
 * @throws {RangeError} when a field is out of its range, or its length not allowed (RFC 7822)
 */
export function encodeNtpPacket(fields: NtpFields): Uint8Array {
  return concatenate([encodeUnsigned(fields), encodeMac(fields.version, fields)])
}

/**
 * Writes the transmit timestamp into an encoded packet without a MAC: encoding takes time, so the sender
 * does this last.
 *
 * @param raw as {@link toNtpTimestamp} gives it
 */
export function stampTransmit(bytes: Uint8Array, raw: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(TRANSMIT_OFFSET, raw)
}
