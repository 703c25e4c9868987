import { toNtpTimestamp } from '../ntp/timestamp.ts'
import { malformed, parsed, type Parsed } from '../parsed.ts'
import type { ErrorEstimate } from './error-estimate.ts'
import { areTlvsIntact, type ReceivedHeader, reflectTlvs } from './reflect-tlvs.ts'
import {
  basePacketBytes,
  decodeReflectorPacket,
  decodeSenderPacket,
  encodeReflectorPacketInto,
  type SenderPacket,
} from './stamp-packet.ts'

/** What a test packet is answered with besides its own bytes. */
interface Reflection {
  /** When it came in, nanoseconds since 1970. */
  readonly receivedAt: bigint
  /** TTL or hop limit as it arrived; null where the socket does not tell. */
  readonly ttl: number | null
  readonly header: ReceivedHeader
  /** Of the reflector's clock. */
  readonly errorEstimate: ErrorEstimate
}

/** A request, and what makes its answer. */
export interface TestPacket {
  readonly packet: SenderPacket
  /**
   * The answer: as long as the request (RFC 8762, section 4.3), with its TLVs filled in. A stateful reflector counts its
   * answers in a session by `header.counts`; a stateless one repeats the sender's sequence number.
   *
   * @param sentAt when it leaves, nanoseconds since 1970
   */
  answer(reflection: Reflection, sentAt: bigint): Uint8Array
}

/** Where nothing is known of a TTL. */
const UNKNOWN_TTL = 255
/** A reflector answers sooner than that: ten seconds as a difference of NTP timestamps. */
const LONGEST_REFLECTION = 10n << 32n

/**
 * Takes a request of a Session-Sender. What another reflector has answered is refused as well, so that two of them
 * cannot be made to answer each other without end.
 *
 * @param key of the authenticated mode
 */
export function readTestPacket(request: Uint8Array, key?: Uint8Array): Parsed<TestPacket> {
  const decoded = decodeSenderPacket(request, key)
  if (!decoded.ok) return decoded
  if (isReflected(request, key))
    return malformed('stamp', 'Receive Timestamp', 'an answer of a reflector, not a request')
  const packet = decoded.value
  const base = basePacketBytes(key)
  const isIntact = areTlvsIntact(request, base, key)
  return parsed({
    packet,
    answer({ receivedAt, ttl, header, errorEstimate }, sentAt) {
      const bytes = Uint8Array.from(request)
      const { sessionId, ...sender } = packet
      const sequence = header.counts === null ? packet.sequence : (header.counts.sent - 1) >>> 0
      const timestamps = {
        timestamp: toNtpTimestamp(sentAt),
        receiveTimestamp: toNtpTimestamp(receivedAt),
      }
      const senderTtl = ttl ?? UNKNOWN_TTL
      encodeReflectorPacketInto(
        { sequence, ...timestamps, errorEstimate, sessionId, sender, senderTtl },
        bytes,
        key,
      )
      reflectTlvs(bytes, base, header, isIntact, key)
      return bytes
    },
  })
}

/**
 * Whether what must be zero in a request is the receive timestamp of an answer: one clock has told both times, the
 * second within ten seconds of the first. Random padding looks so once in 400 million packets.
 */
function isReflected(bytes: Uint8Array, key: Uint8Array | undefined): boolean {
  const decoded = decodeReflectorPacket(bytes, key)
  if (!decoded.ok || decoded.value.receiveTimestamp === 0n) return false
  const took = BigInt.asUintN(64, decoded.value.timestamp - decoded.value.receiveTimestamp)
  return took < LONGEST_REFLECTION
}
