import {
  encodeNtpPacket,
  macOf,
  NTP_MODE,
  type NtpFields,
  type NtpKey,
  type NtpPacket,
  toNtpTimestamp,
} from '@sockyard/protocol/ntp'

import type { ClockStatus } from './clock-status.ts'

/** A key, and how long the digest may be that is made with it. */
interface Signature {
  readonly key: NtpKey
  readonly digestBytes?: number
}

/**
 * The reply to a request (RFC 5905, mode 4), with a MAC where the request had one. It has no extension fields,
 * so it is never longer than the request.
 *
 * @param receivedAt when the request came, in nanoseconds since 1970
 * @param now read as late as can be, for the transmit timestamp
 * @param keys holds the key of the request, which was checked
 */
export function encodeReply(
  request: NtpPacket,
  status: ClockStatus,
  receivedAt: bigint,
  now: () => bigint,
  keys: ReadonlyMap<number, NtpKey>,
): Uint8Array {
  const { version, poll, mac } = request
  const key = mac === null ? undefined : keys.get(mac.keyId)
  return encode(
    {
      ...status,
      version,
      mode: NTP_MODE.server,
      poll,
      originRaw: request.transmitRaw,
      receiveRaw: toNtpTimestamp(receivedAt),
      transmitRaw: toNtpTimestamp(now()),
      extensions: [],
      mac: null,
    },
    key === undefined || mac === null ? undefined : { key, digestBytes: mac.digest.length },
  )
}

/**
 * A broadcast (RFC 5905, mode 5).
 *
 * @param poll log2 of the interval in seconds
 * @param now read as late as can be, for the transmit timestamp
 */
export function encodeBroadcast(
  status: ClockStatus,
  poll: number,
  now: () => bigint,
  key: NtpKey | undefined,
): Uint8Array {
  return encode(
    {
      ...status,
      version: 4,
      mode: NTP_MODE.broadcast,
      poll,
      originRaw: 0n,
      receiveRaw: 0n,
      transmitRaw: toNtpTimestamp(now()),
      extensions: [],
      mac: null,
    },
    key === undefined ? undefined : { key },
  )
}

function encode(fields: NtpFields, signature: Signature | undefined): Uint8Array {
  if (signature === undefined) return encodeNtpPacket(fields)
  return encodeNtpPacket({ ...fields, mac: macOf(signature.key, fields, signature.digestBytes) })
}
