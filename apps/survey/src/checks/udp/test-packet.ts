import { now } from '@sockyard/net/clock'
import { toNtpTimestamp } from '@sockyard/protocol/ntp'
import {
  basePacketBytes,
  encodeSenderPacketInto,
  type SentTlv,
  STAMP_TLV,
  TLV_HEADER_BYTES,
  writeTlvs,
} from '@sockyard/protocol/stamp'

/** Nothing is known of how this host's clock is set: not synchronised, exact to a second (RFC 4656, section 4.1.2). */
const ESTIMATE = { synchronized: false, ptp: false, scale: 32, multiplier: 1 }

/** The smallest that `paddedTestPacket` makes: a packet, and padding of no bytes. */
export const SMALLEST_PADDED_BYTES = basePacketBytes(undefined) + TLV_HEADER_BYTES

/** An unauthenticated test packet that is sent now. */
export function testPacket(
  sequence: number,
  sessionId: number,
  tlvs: readonly SentTlv[],
): Uint8Array {
  const base = basePacketBytes(undefined)
  const tlvBytes = tlvs.reduce((sum, { value }) => sum + TLV_HEADER_BYTES + value.length, 0)
  const bytes = new Uint8Array(base + tlvBytes)
  const timestamp = toNtpTimestamp(now())
  encodeSenderPacketInto({ sequence, timestamp, errorEstimate: ESTIMATE, sessionId }, bytes)
  writeTlvs(tlvs, bytes.subarray(base))
  return bytes
}

/** @param bytes how long it is, SMALLEST_PADDED_BYTES at least */
export function paddedTestPacket(sequence: number, sessionId: number, bytes: number): Uint8Array {
  const value = new Uint8Array(bytes - SMALLEST_PADDED_BYTES)
  return testPacket(sequence, sessionId, [{ type: STAMP_TLV.extraPadding, value }])
}
