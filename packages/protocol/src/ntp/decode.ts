import { malformed, parsed, type Parsed } from '../parsed.ts'
import { NTP_HEADER_BYTES, type NtpPacket } from './packet.ts'
import { readReferenceId } from './reference-id.ts'
import { fromNtpTimestamp } from './timestamp.ts'
import { decodeTrailer } from './trailer.ts'
import { shortToNanos } from './units.ts'

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
