import { malformed, parsed, type Parsed } from '../parsed.ts'
import { decodeErrorEstimate, encodeErrorEstimate, type ErrorEstimate } from './error-estimate.ts'
import { hmacOf, isHmacRight } from './stamp-hmac.ts'

/** What a Session-Sender sends (RFC 8762, section 4.2; RFC 8972, section 3). */
export interface SenderPacket {
  /** Counts the packets of a session, modulo 2^32. */
  readonly sequence: number
  /** When it was sent: 64 bits in the format that the error estimate names. */
  readonly timestamp: bigint
  readonly errorEstimate: ErrorEstimate
  /** STAMP Session Identifier, 0 where there is none (RFC 8972, section 3). */
  readonly sessionId: number
}

/** What a Session-Reflector answers (RFC 8762, section 4.3). */
export interface ReflectorPacket extends SenderPacket {
  /** When the sender's packet came in. */
  readonly receiveTimestamp: bigint
  readonly sender: Omit<SenderPacket, 'sessionId'>
  /** TTL or hop limit with which the sender's packet arrived; 255 where it is not known. */
  readonly senderTtl: number
}

/** Where the fields stand; what is between them must be zero. */
interface Layout {
  readonly bytes: number
  readonly timestamp: number
  readonly errorEstimate: number
  readonly sessionId: number
  readonly receiveTimestamp: number
  readonly senderSequence: number
  readonly senderTimestamp: number
  readonly senderErrorEstimate: number
  readonly senderTtl: number
}

/** RFC 8762, sections 4.2.1 and 4.3.1. */
const UNAUTHENTICATED: Layout = {
  bytes: 44,
  timestamp: 4,
  errorEstimate: 12,
  sessionId: 14,
  receiveTimestamp: 16,
  senderSequence: 24,
  senderTimestamp: 28,
  senderErrorEstimate: 36,
  senderTtl: 40,
}

/** RFC 8762, sections 4.2.2 and 4.3.2. */
const AUTHENTICATED: Layout = {
  bytes: 112,
  timestamp: 16,
  errorEstimate: 24,
  sessionId: 26,
  receiveTimestamp: 32,
  senderSequence: 48,
  senderTimestamp: 64,
  senderErrorEstimate: 72,
  senderTtl: 80,
}

/** Six blocks of 16 octets are covered by the HMAC that follows them (RFC 8762, section 4.4). */
const HMAC_AT = 96

/** How long a test packet is without TLVs; both directions are of one length. */
export function basePacketBytes(key: Uint8Array | undefined): number {
  return layoutOf(key).bytes
}

/**
 * Writes a Session-Sender's packet over the beginning of `bytes`; TLVs may stand behind it.
 *
 * @param key of the authenticated mode; without one the packet is unauthenticated
 * @throws {RangeError} when `bytes` is shorter than the packet
 */
export function encodeSenderPacketInto(
  packet: SenderPacket,
  bytes: Uint8Array,
  key?: Uint8Array,
): void {
  const layout = layoutOf(key)
  writeOwn(clearedView(bytes, layout), layout, packet)
  sign(bytes, key)
}

/** As `encodeSenderPacketInto`, of a Session-Reflector's packet. */
export function encodeReflectorPacketInto(
  packet: ReflectorPacket,
  bytes: Uint8Array,
  key?: Uint8Array,
): void {
  const layout = layoutOf(key)
  const view = clearedView(bytes, layout)
  writeOwn(view, layout, packet)
  view.setBigUint64(layout.receiveTimestamp, packet.receiveTimestamp)
  view.setUint32(layout.senderSequence, packet.sender.sequence)
  view.setBigUint64(layout.senderTimestamp, packet.sender.timestamp)
  view.setUint16(layout.senderErrorEstimate, encodeErrorEstimate(packet.sender.errorEstimate))
  view.setUint8(layout.senderTtl, packet.senderTtl)
  sign(bytes, key)
}

/**
 * Reads a Session-Sender's packet; what must be zero is not looked at (RFC 8762, section 4.2.1: ignored on receipt).
 *
 * @param key of the authenticated mode: the HMAC must be right
 */
export function decodeSenderPacket(bytes: Uint8Array, key?: Uint8Array): Parsed<SenderPacket> {
  const layout = layoutOf(key)
  return check(bytes, layout, key) ?? parsed(readOwn(viewOf(bytes), layout))
}

/** As `decodeSenderPacket`, of a Session-Reflector's packet. */
export function decodeReflectorPacket(
  bytes: Uint8Array,
  key?: Uint8Array,
): Parsed<ReflectorPacket> {
  const layout = layoutOf(key)
  const wrong = check(bytes, layout, key)
  if (wrong !== undefined) return wrong
  const view = viewOf(bytes)
  return parsed({
    ...readOwn(view, layout),
    receiveTimestamp: view.getBigUint64(layout.receiveTimestamp),
    sender: {
      sequence: view.getUint32(layout.senderSequence),
      timestamp: view.getBigUint64(layout.senderTimestamp),
      errorEstimate: decodeErrorEstimate(view.getUint16(layout.senderErrorEstimate)),
    },
    senderTtl: view.getUint8(layout.senderTtl),
  })
}

function layoutOf(key: Uint8Array | undefined): Layout {
  return key === undefined ? UNAUTHENTICATED : AUTHENTICATED
}

function check(
  bytes: Uint8Array,
  layout: Layout,
  key: Uint8Array | undefined,
): Parsed<never> | undefined {
  if (bytes.length < layout.bytes)
    return malformed('stamp', 'length', `${bytes.length} B, a packet has ${layout.bytes} B`)
  if (key === undefined) return undefined
  const isRight = isHmacRight(
    key,
    [bytes.subarray(0, HMAC_AT)],
    bytes.subarray(HMAC_AT, layout.bytes),
  )
  return isRight ? undefined : malformed('stamp', 'HMAC', 'not made with this key')
}

function readOwn(view: DataView, layout: Layout): SenderPacket {
  return {
    sequence: view.getUint32(0),
    timestamp: view.getBigUint64(layout.timestamp),
    errorEstimate: decodeErrorEstimate(view.getUint16(layout.errorEstimate)),
    sessionId: view.getUint16(layout.sessionId),
  }
}

function writeOwn(view: DataView, layout: Layout, packet: SenderPacket): void {
  view.setUint32(0, packet.sequence)
  view.setBigUint64(layout.timestamp, packet.timestamp)
  view.setUint16(layout.errorEstimate, encodeErrorEstimate(packet.errorEstimate))
  view.setUint16(layout.sessionId, packet.sessionId)
}

function clearedView(bytes: Uint8Array, layout: Layout): DataView {
  if (bytes.length < layout.bytes)
    throw new RangeError(`${bytes.length} B for a packet of ${layout.bytes} B`)
  bytes.fill(0, 0, layout.bytes)
  return viewOf(bytes)
}

function sign(bytes: Uint8Array, key: Uint8Array | undefined): void {
  if (key !== undefined) bytes.set(hmacOf(key, [bytes.subarray(0, HMAC_AT)]), HMAC_AT)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
