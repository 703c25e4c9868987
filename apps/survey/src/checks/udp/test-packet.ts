import { randomInt } from 'node:crypto'

import { now } from '@sockyard/net/clock'
import { toNtpTimestamp } from '@sockyard/protocol/ntp'
import {
  basePacketBytes,
  decodeReflectorPacket,
  encodeSenderPacketInto,
  type ReflectorPacket,
  type SentTlv,
  STAMP_TLV,
  TLV_HEADER_BYTES,
  writeTlvs,
} from '@sockyard/protocol/stamp'

import type { SizeFormat } from './size-facts.ts'

/** Nothing is known of how this host's clock is set: not synchronised, exact to a second (RFC 4656, section 4.1.2). */
const ESTIMATE = { synchronized: false, ptp: false, scale: 32, multiplier: 1 }

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

/** The answer of a Session-Reflector; undefined for another session's, and for a request that only comes back. */
export function readAnswer(bytes: Uint8Array, sessionId: number): ReflectorPacket | undefined {
  const decoded = decodeReflectorPacket(bytes)
  if (!decoded.ok || decoded.value.sessionId !== sessionId) return undefined
  return decoded.value.receiveTimestamp === 0n ? undefined : decoded.value
}

/** Test packets with padding (RFC 8972, section 4.1), and the answers of a Session-Reflector. */
export function stampFormat(): SizeFormat {
  const session = randomInt(1, 0x1_0000)
  const smallestBytes = basePacketBytes(undefined) + TLV_HEADER_BYTES
  return {
    smallestBytes,
    encode(sequence, bytes) {
      const value = new Uint8Array(bytes - smallestBytes)
      return testPacket(sequence, session, [{ type: STAMP_TLV.extraPadding, value }])
    },
    sequenceOf: (answer) => readAnswer(answer, session)?.sender.sequence,
  }
}
