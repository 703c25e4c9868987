/** Types of TLVs (RFC 8972, section 4; IANA, "STAMP TLV Types"). */
export const STAMP_TLV = {
  extraPadding: 1,
  location: 2,
  classOfService: 4,
  directMeasurement: 5,
  hmac: 8,
} as const

/** Flags of a TLV (RFC 8972, section 4). A sender sets U, which a reflector that knows the TLV clears. */
export const TLV_FLAG = {
  /** U: the reflector does not know it. */
  unrecognized: 0x80,
  /** M: its length is wrong, or the packet ends before it does. */
  malformed: 0x40,
  /** I: the HMAC over the TLVs is wrong. */
  integrity: 0x20,
} as const

/** Flags, type, and the length of the value. */
export const TLV_HEADER_BYTES = 4

/** A TLV where it stands: `value` is memory of the packet. */
export interface StampTlv {
  readonly type: number
  readonly flags: number
  readonly value: Uint8Array
  /** Where its flags are in what was read. */
  readonly at: number
  /** Whether there is less of it than its length says; then it is the last one. */
  readonly truncated: boolean
}

/** A TLV to be sent. */
export type SentTlv = Pick<StampTlv, 'type' | 'value'>

/**
 * The TLVs that stand one behind the other, whatever the bytes are: what is not a whole TLV is the last one, `truncated`.
 *
 * @param bytes what follows the test packet
 */
export function readTlvs(bytes: Uint8Array): StampTlv[] {
  const tlvs: StampTlv[] = []
  for (let at = 0; at < bytes.length;) {
    const lengthField = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    const end = at + TLV_HEADER_BYTES + lengthField
    const value = bytes.subarray(at + TLV_HEADER_BYTES, end)
    const truncated = end > bytes.length
    tlvs.push({ type: bytes[at + 1] ?? 0, flags: bytes[at] ?? 0, value, at, truncated })
    at = end
  }
  return tlvs
}

/**
 * Writes TLVs as a Session-Sender sends them.
 *
 * @returns how many bytes they take
 * @throws {RangeError} when there is no room
 */
export function writeTlvs(tlvs: readonly SentTlv[], bytes: Uint8Array): number {
  let at = 0
  for (const { type, value } of tlvs) {
    if (at + TLV_HEADER_BYTES + value.length > bytes.length)
      throw new RangeError(`no room for a TLV of ${value.length} B`)
    bytes.set([TLV_FLAG.unrecognized, type, value.length >>> 8, value.length & 0xff], at)
    bytes.set(value, at + TLV_HEADER_BYTES)
    at += TLV_HEADER_BYTES + value.length
  }
  return at
}
