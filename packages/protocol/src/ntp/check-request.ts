import { type Authentication, type AuthenticationReason, unauthentic } from './authentication.ts'
import { NTP_MODE, type NtpPacket } from './packet.ts'
import { versionIsKnown } from './version.ts'

/** Why a request gets no answer. */
export type RequestRefusal = 'mode' | 'version' | AuthenticationReason

export type RequestVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'refuse'; readonly reason: RequestRefusal }

function refusal(packet: NtpPacket, { keys, required }: Authentication): RequestRefusal | null {
  if (packet.mode !== NTP_MODE.client) return 'mode'
  if (!versionIsKnown(packet.version)) return 'version'
  // Whoever signs a request would not believe an unsigned reply: so its key must be one of ours.
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
