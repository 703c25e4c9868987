export type { Authentication, AuthenticationReason } from './authentication.ts'
export { rootDistance, type UnbelievableReason } from './believable.ts'
export { type BroadcastSource, BroadcastSources } from './broadcast-sources.ts'
export {
  type BroadcastPolicy,
  type BroadcastRefusal,
  type BroadcastState,
  type BroadcastVerdict,
  checkBroadcast,
} from './check-broadcast.ts'
export {
  checkReply,
  type PendingRequest,
  type ReplyRefusal,
  type ReplyVerdict,
} from './check-reply.ts'
export { checkRequest, type RequestRefusal, type RequestVerdict } from './check-request.ts'
export { decodeNtpPacket } from './decode.ts'
export { encodeNtpPacket, stampTransmit } from './encode.ts'
export {
  type BroadcastArrival,
  broadcastOffset,
  type Exchange,
  exchangeDelay,
  exchangeOffset,
} from './exchange.ts'
export { type KeyFile, type NtpKey, type NtpKeyType, parseKeys } from './keys.ts'
export { macOf, verifyMac } from './mac.ts'
export { NTP_HEADER_BYTES, NTP_LEAP, NTP_MODE, type NtpFields, type NtpPacket } from './packet.ts'
export { encodeReferenceId, readReferenceId, type ReferenceId } from './reference-id.ts'
export { fromNtpTimestamp, toNtpTimestamp } from './timestamp.ts'
export type { ExtensionField, NtpMac } from './trailer.ts'
export { log2ToNanos, nanosToLog2, nanosToShort, shortToNanos } from './units.ts'
