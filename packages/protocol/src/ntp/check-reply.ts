import { type Authentication, type AuthenticationReason, unauthentic } from './authentication.ts'
import { type UnbelievableReason, unbelievable } from './believable.ts'
import { NTP_MODE, type NtpPacket } from './packet.ts'
import { versionIsKnown } from './version.ts'

/** The request a reply has to fit. */
export interface PendingRequest {
  /** The transmit timestamp it carried, bit for bit. */
  readonly transmitRaw: bigint
  /** Whether a reply to it was accepted already. */
  readonly answered: boolean
}

/** Why a reply is refused. `kiss-rate` asks for fewer requests, `kiss-deny` for no more at all. */
export type ReplyRefusal =
  | 'mode'
  | 'version'
  | 'bogus-origin'
  | 'duplicate'
  | AuthenticationReason
  | 'kiss-rate'
  | 'kiss-deny'
  | 'zero-timestamp'
  | UnbelievableReason

export type ReplyVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'refuse'; readonly reason: ReplyRefusal }

/** The kiss codes a client has to act on (RFC 5905, section 7.4). */
const KISSES: ReadonlyMap<string, ReplyRefusal> = new Map([
  ['RATE', 'kiss-rate'],
  ['DENY', 'kiss-deny'],
  ['RSTR', 'kiss-deny'],
])

function unsolicited(packet: NtpPacket, request: PendingRequest): ReplyRefusal | null {
  if (packet.mode !== NTP_MODE.server) return 'mode'
  if (!versionIsKnown(packet.version)) return 'version'
  if (packet.originRaw !== request.transmitRaw) return 'bogus-origin'
  return request.answered ? 'duplicate' : null
}

/** A kiss has no timestamps to speak of, so its code comes before them. */
function useless(packet: NtpPacket): ReplyRefusal | null {
  if (packet.referenceId.kind === 'kiss') return KISSES.get(packet.referenceId.text) ?? 'kiss-code'
  if (packet.receiveAt === null || packet.transmitAt === null) return 'zero-timestamp'
  return unbelievable(packet)
}

/**
 * Accepts or refuses a server's reply (RFC 5905, mode 4), with the first reason in the order of
 * {@link ReplyRefusal}. A kiss code counts only when it answers our request and is authentic, so
 * that nobody else can silence a client (RFC 8633, section 5.4).
 */
export function checkReply(
  packet: NtpPacket,
  request: PendingRequest,
  authentication: Authentication,
): ReplyVerdict {
  const reason =
    unsolicited(packet, request) ?? unauthentic(packet, authentication) ?? useless(packet)
  return reason === null ? { verdict: 'accept' } : { verdict: 'refuse', reason }
}
