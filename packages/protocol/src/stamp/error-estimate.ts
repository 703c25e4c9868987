/** How exact a timestamp is, and in which format it is (RFC 4656, section 4.1.2; RFC 8762, section 4.2.1). */
export interface ErrorEstimate {
  /** S: whether the clock follows UTC by an external source. */
  readonly synchronized: boolean
  /** Z: whether timestamps are PTPv2's truncated ones (IEEE 1588) and not NTP's. */
  readonly ptp: boolean
  /** 0 to 63: the error is `multiplier` × 2^(scale - 32) seconds. */
  readonly scale: number
  /** 1 to 255; 0 says nothing of the error, and a sender must not use it. */
  readonly multiplier: number
}

const S = 0x8000
const Z = 0x4000

/** The 16 bits of the field. */
export function encodeErrorEstimate(estimate: ErrorEstimate): number {
  const { synchronized, ptp, scale, multiplier } = estimate
  return (synchronized ? S : 0) | (ptp ? Z : 0) | ((scale & 0x3f) << 8) | (multiplier & 0xff)
}

/** @param field 16 bits; all of them mean something */
export function decodeErrorEstimate(field: number): ErrorEstimate {
  return {
    synchronized: (field & S) !== 0,
    ptp: (field & Z) !== 0,
    scale: (field >>> 8) & 0x3f,
    multiplier: field & 0xff,
  }
}
