import {
  encodeNtpPacket,
  macOf,
  NTP_MODE,
  type NtpFields,
  type NtpKey,
  type NtpPacket,
  stampTransmit,
  toNtpTimestamp,
} from '@sockyard/protocol/ntp'

import type { ClockStatus } from './clock-status.ts'

/** A key, and how long the digest may be that is made with it. */
interface Signature {
  readonly key: NtpKey
  readonly digestBytes?: number
}

/** Makes packets whose transmit timestamp is read as late as can be. */
export class PacketEncoder {
  readonly #now: () => bigint
  /** What signing takes at least, by key: it comes after the timestamp, which is therefore so much ahead. */
  readonly #signingNanos: ReadonlyMap<number, bigint>

  /**
   * @param now nanoseconds since 1970
   * @param keys what will be signed with
   */
  constructor(now: () => bigint, keys: ReadonlyMap<number, NtpKey>) {
    this.#now = now
    this.#signingNanos = new Map([...keys].map(([id, key]) => [id, measureSigning(key, now)]))
  }

  /**
   * The reply to a request (RFC 5905, mode 4), with a MAC where the request had one. It has no extension fields,
   * so it is never longer than the request.
   *
   * @param receivedAt when the request came, in nanoseconds since 1970
   * @param keys holds the key of the request, which was checked
   */
  reply(
    request: NtpPacket,
    status: ClockStatus,
    receivedAt: bigint,
    keys: ReadonlyMap<number, NtpKey>,
  ): Uint8Array {
    const { version, poll, mac } = request
    const key = mac === null ? undefined : keys.get(mac.keyId)
    const fields = {
      ...status,
      version,
      mode: NTP_MODE.server,
      poll,
      originRaw: request.transmitRaw,
      receiveRaw: toNtpTimestamp(receivedAt),
      ...UNSTAMPED,
    }
    if (key === undefined || mac === null) return this.#plain(fields)
    return this.#signed(fields, { key, digestBytes: mac.digest.length })
  }

  /**
   * A broadcast (RFC 5905, mode 5).
   *
   * @param poll log2 of the interval in seconds
   */
  broadcast(status: ClockStatus, poll: number, key: NtpKey | undefined): Uint8Array {
    const fields = {
      ...status,
      version: 4,
      mode: NTP_MODE.broadcast,
      poll,
      originRaw: 0n,
      receiveRaw: 0n,
      ...UNSTAMPED,
    }
    return key === undefined ? this.#plain(fields) : this.#signed(fields, { key })
  }

  #plain(fields: NtpFields): Uint8Array {
    const bytes = encodeNtpPacket(fields)
    stampTransmit(bytes, toNtpTimestamp(this.#now()))
    return bytes
  }

  #signed(fields: NtpFields, { key, digestBytes }: Signature): Uint8Array {
    const sentAt = this.#now() + (this.#signingNanos.get(key.id) ?? 0n)
    const stamped = { ...fields, transmitRaw: toNtpTimestamp(sentAt) }
    return encodeNtpPacket({ ...stamped, mac: macOf(key, stamped, digestBytes) })
  }
}

const UNSTAMPED = { transmitRaw: 0n, extensions: [], mac: null } as const

/** Enough that the least is what a processor at its best needs: no reply may be sent before its timestamp. */
const SIGNINGS = 50

function measureSigning(key: NtpKey, now: () => bigint): bigint {
  const fields: NtpFields = { ...BLANK, ...UNSTAMPED }
  let least: bigint | undefined
  for (let signing = 0; signing < SIGNINGS; signing += 1) {
    const startedAt = now()
    encodeNtpPacket({ ...fields, mac: macOf(key, fields) })
    const took = now() - startedAt
    if (took >= 0n && (least === undefined || took < least)) least = took
  }
  return least ?? 0n
}

const BLANK = {
  leap: 0,
  version: 4,
  mode: NTP_MODE.server,
  stratum: 0,
  poll: 0,
  precision: 0,
  rootDelayNanos: 0n,
  rootDispersionNanos: 0n,
  referenceIdRaw: 0,
  referenceRaw: 0n,
  originRaw: 0n,
  receiveRaw: 0n,
}
