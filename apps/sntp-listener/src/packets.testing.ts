import { now } from '@sockyard/net/clock'
import {
  decodeNtpPacket,
  encodeNtpPacket,
  encodeReferenceId,
  macOf,
  type NtpFields,
  type NtpKey,
  type NtpPacket,
  toNtpTimestamp,
} from '@sockyard/protocol/ntp'

/** The one key there is, and its line in a key file. */
export const KEY: NtpKey = {
  id: 1,
  type: 'AES128',
  secret: new TextEncoder().encode('0123456789abcdef'),
}
export const KEY_LINE = '1 AES128 ASCII:0123456789abcdef\n'

/** A believable broadcast of a moment, changed where a test says so. */
export function fieldsAt(at: bigint, changes: Partial<NtpFields> = {}): NtpFields {
  return {
    leap: 0,
    version: 4,
    mode: 5,
    stratum: 2,
    poll: 0,
    precision: -20,
    rootDelayNanos: 0n,
    rootDispersionNanos: 1_000_000n,
    referenceIdRaw: encodeReferenceId('192.0.2.7'),
    referenceRaw: toNtpTimestamp(at - 60_000_000_000n),
    originRaw: 0n,
    receiveRaw: 0n,
    transmitRaw: toNtpTimestamp(at),
    extensions: [],
    mac: null,
    ...changes,
  }
}

export function broadcastAt(at: bigint, changes: Partial<NtpFields> = {}): Uint8Array {
  return encodeNtpPacket(fieldsAt(at, changes))
}

export function signedAt(at: bigint, changes: Partial<NtpFields> = {}): Uint8Array {
  const fields = fieldsAt(at, changes)
  return encodeNtpPacket({ ...fields, mac: macOf(KEY, fields) })
}

export function decoded(bytes: Uint8Array, pivot: bigint): NtpPacket {
  const result = decodeNtpPacket(bytes, pivot)
  if (!result.ok) throw result.error
  return result.value
}

export function packetWith(changes: Partial<NtpFields> = {}): NtpPacket {
  const at = now()
  return decoded(broadcastAt(at, changes), at)
}
