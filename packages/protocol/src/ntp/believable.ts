import { NTP_LEAP, type NtpPacket } from './packet.ts'

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
