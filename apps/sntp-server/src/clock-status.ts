import {
  encodeReferenceId,
  NTP_LEAP,
  type NtpFields,
  nanosToLog2,
  toNtpTimestamp,
} from '@sockyard/protocol/ntp'

import type { ServeOptions } from './config.ts'

/** What every packet says of our clock (RFC 5905, section 7.3). */
export type ClockStatus = Pick<
  NtpFields,
  | 'leap'
  | 'stratum'
  | 'precision'
  | 'rootDelayNanos'
  | 'rootDispersionNanos'
  | 'referenceIdRaw'
  | 'referenceRaw'
>

type ClockOptions = Pick<
  ServeOptions,
  'stratum' | 'referenceId' | 'rootDelay' | 'rootDispersion' | 'drift'
>

const NANOS_PER_MILLI = 1_000_000
const PARTS = 1_000_000n
/** Drift is kept to a thousandth of a part per million. */
const DRIFT_DIGITS = 1_000
/** How ntpd and chrony name the local clock from stratum 2 on, where an address stands. */
const LOCAL_CLOCK_ADDRESS = '127.127.1.1'

/**
 * The quality of the system clock. When it was last set is unknown, so the start of the server is used, and
 * its error grows from then on (RFC 5905, section 11.1: PHI, 15 ppm), by a clock that is never set: setting
 * the wall clock is no drift.
 *
 * Without a stratum it is unsynchronised: leap 3, and stratum 16, which is 0 on the wire (RFC 5905, A.5).
 *
 * @param precisionNanos the grain of the clock
 * @returns the status at a moment, in nanoseconds since 1970, so many nanoseconds of a monotonic clock after the start
 */
export function createClockStatus(
  options: ClockOptions,
  precisionNanos: bigint,
): (now: bigint, elapsedNanos: bigint) => ClockStatus {
  const { stratum, rootDelay, rootDispersion, drift } = options
  const rootDelayNanos = nanosOf(rootDelay)
  const atStart = nanosOf(rootDispersion) + precisionNanos
  const growth = BigInt(Math.round(drift * DRIFT_DIGITS))
  const fixed =
    stratum === undefined
      ? { leap: NTP_LEAP.unsynchronised, stratum: 0, referenceIdRaw: 0 }
      : {
          leap: NTP_LEAP.none,
          stratum,
          referenceIdRaw: encodeReferenceId(options.referenceId ?? usualReference(stratum)),
        }
  const precision = nanosToLog2(precisionNanos)
  return (now, elapsedNanos) => {
    const grown = (elapsedNanos * growth) / (PARTS * BigInt(DRIFT_DIGITS))
    const referenceRaw = stratum === undefined ? 0n : toNtpTimestamp(now - elapsedNanos)
    const rootDispersionNanos = atStart + grown
    return { ...fixed, referenceRaw, precision, rootDelayNanos, rootDispersionNanos }
  }
}

function usualReference(stratum: number): string {
  return stratum === 1 ? 'LOCL' : LOCAL_CLOCK_ADDRESS
}

function nanosOf(millis: number): bigint {
  return BigInt(Math.round(millis * NANOS_PER_MILLI))
}
