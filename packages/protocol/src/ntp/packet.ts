import type { ReferenceId } from './reference-id.ts'
import type { ExtensionField, NtpMac } from './trailer.ts'

/** Octets before extension fields and MAC (RFC 5905, figure 8). */
export const NTP_HEADER_BYTES = 48

/** Association modes (RFC 5905, figure 10). */
export const NTP_MODE = { client: 3, server: 4, broadcast: 5 } as const

/** Leap indicators (RFC 5905, figure 9). `unsynchronised` is also the alarm condition. */
export const NTP_LEAP = { none: 0, insert: 1, remove: 2, unsynchronised: 3 } as const

/** What an NTP packet is encoded from. Timestamps are raw: exactly the 64 bits on the wire. */
export interface NtpFields {
  /** Leap indicator, 0 to 3. */
  readonly leap: number
  /** 0 to 7; RFC 5905 is 4. */
  readonly version: number
  /** 0 to 7. */
  readonly mode: number
  /** 0 to 255; 1 to 15 are synchronised. */
  readonly stratum: number
  /** log2 of seconds between packets, -128 to 127. */
  readonly poll: number
  /** log2 of seconds, -128 to 127. */
  readonly precision: number
  readonly rootDelayNanos: bigint
  readonly rootDispersionNanos: bigint
  /** Unsigned 32-bit integer; {@link encodeReferenceId} makes one. */
  readonly referenceIdRaw: number
  readonly referenceRaw: bigint
  readonly originRaw: bigint
  readonly receiveRaw: bigint
  readonly transmitRaw: bigint
  /** In order; only version 4 has any. */
  readonly extensions: readonly ExtensionField[]
  readonly mac: NtpMac | null
}

/** A decoded NTP packet: its fields, and what they mean. */
export interface NtpPacket extends NtpFields {
  readonly referenceId: ReferenceId
  /** When the sender's clock was last set: ns since 1970, or null for the zero timestamp. */
  readonly referenceAt: bigint | null
  /** T1, as the client sent it: ns since 1970, or null for the zero timestamp. */
  readonly originAt: bigint | null
  /** T2, when the server received the request: ns since 1970, or null for the zero timestamp. */
  readonly receiveAt: bigint | null
  /** T3, when this packet was sent: ns since 1970, or null for the zero timestamp. */
  readonly transmitAt: bigint | null
}

/** Versions 1 to 4 share one header; 0 never was one, and NTPv5's header means something else. */
export function versionIsKnown(version: number): boolean {
  return version >= 1 && version <= 4
}
