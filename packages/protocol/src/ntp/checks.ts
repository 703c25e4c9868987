import { type Authentication, type AuthenticationReason, unauthentic } from './authentication.ts'
import { NTP_LEAP, type NtpPacket, NTP_MODE, versionIsKnown } from './packet.ts'

/** Why a server's or broadcaster's own words make its time useless (RFC 5905, section 7.3 and A.5). */
export type UnbelievableReason =
  | 'kiss-code'
  | 'stratum-unspecified'
  | 'stratum-unsynchronised'
  | 'leap-unsynchronised'
  | 'root-distance'

/** MAXSTRAT: from 16 on a server has no source of time (RFC 5905, figure 11). */
const UNSYNCHRONISED_STRATUM = 16

/** MAXDISP: at 16 s the time is no longer good for anything (RFC 5905, figure 11). */
const MAXIMUM_ROOT_DISTANCE = 16_000_000_000n

/** How far the sender can be from true time at most, in nanoseconds (RFC 5905, section 11.2). */
function rootDistance(packet: NtpPacket): bigint {
  return packet.rootDelayNanos / 2n + packet.rootDispersionNanos
}

function badStratum({ stratum, referenceId }: NtpPacket): UnbelievableReason | null {
  if (stratum >= UNSYNCHRONISED_STRATUM) return 'stratum-unsynchronised'
  if (stratum > 0) return null
  return referenceId.kind === 'kiss' ? 'kiss-code' : 'stratum-unspecified'
}

/** The first reason, in the order of the type, not to take this packet's time; null: there is none. */
export function unbelievable(packet: NtpPacket): UnbelievableReason | null {
  const stratum = badStratum(packet)
  if (stratum !== null) return stratum
  if (packet.leap === NTP_LEAP.unsynchronised) return 'leap-unsynchronised'
  return rootDistance(packet) >= MAXIMUM_ROOT_DISTANCE ? 'root-distance' : null
}

/** Why a request gets no answer. */
export type RequestRefusal = 'mode' | 'version' | AuthenticationReason

/** What a server does with a packet. */
export type RequestVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'refuse'; readonly reason: RequestRefusal }

function refusal(packet: NtpPacket, { keys, required }: Authentication): RequestRefusal | null {
  if (packet.mode !== NTP_MODE.client) return 'mode'
  if (!versionIsKnown(packet.version)) return 'version'
  // A client that signs its request rejects an unsigned reply: so its key must be known.
  return unauthentic(packet, { keys, required: required || packet.mac !== null })
}

/**
 * Accepts or refuses a request to a server (RFC 5905, mode 3 and nothing else, which keeps it from
 * being an amplifier), with the first reason in the order of {@link RequestRefusal}. Datagrams of a
 * wrong length don't come this far: {@link decodeNtpPacket} refuses them.
 */
export function checkRequest(packet: NtpPacket, authentication: Authentication): RequestVerdict {
  const reason = refusal(packet, authentication)
  return reason === null ? { verdict: 'accept' } : { verdict: 'refuse', reason }
}

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

/** What a client does with a packet. */
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
 * that no forger can silence a client (RFC 8633, section 5.4).
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
