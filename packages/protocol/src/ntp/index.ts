export { type Authentication, macOf, verifyMac } from './authentication.ts'
export { BroadcastSources } from './broadcast-sources.ts'
export { type BroadcastRefusal, checkBroadcast } from './check-broadcast.ts'
export { checkReply, checkRequest, type ReplyRefusal, type RequestRefusal } from './checks.ts'
export {
  type ClockReference,
  driftSince,
  isInLine,
  unconfirmedReference,
} from './clock-reference.ts'
export { decodeNtpPacket, encodeNtpPacket, stampTransmit } from './codec.ts'
export { type NtpKey, parseKeys } from './keys.ts'
export { NTP_LEAP, NTP_MODE, type NtpFields, type NtpPacket } from './packet.ts'
export { encodeReferenceId } from './reference-id.ts'
export {
  broadcastOffset,
  exchangeDelay,
  exchangeOffset,
  log2ToNanos,
  nanosToLog2,
  toNtpTimestamp,
} from './timestamp.ts'
