/**
 * What is known of a source's clock independently of its broadcasts, which may be forged. Times in
 * nanoseconds.
 */
export interface ClockReference {
  /** The source's clock minus ours. */
  readonly offsetNanos: bigint
  /** How far that may be wrong, either way. */
  readonly uncertaintyNanos: bigint
  /** When it was so, since 1970, by our clock. */
  readonly at: bigint
  /** Whether an exchange with the source has shown it. */
  readonly confirmed: boolean
}

/** The greatest frequency error of a clock that is disciplined at all (RFC 5905, section 11.3, MAXFREQ). */
const DRIFT_PARTS = 500n
const MILLION = 1_000_000n

/** By how much the clocks may have parted since the reference. */
export function driftSince({ at }: ClockReference, now: bigint): bigint {
  return now > at ? ((now - at) * DRIFT_PARTS) / MILLION : 0n
}

/** Of a source that no exchange was made with: what it says itself, by `apparent`, its transmit minus our receive time. */
export function unconfirmedReference(apparent: bigint, at: bigint): ClockReference {
  return { offsetNanos: apparent, uncertaintyNanos: 0n, at, confirmed: false }
}

/**
 * The reference after a broadcast was accepted. What is not confirmed follows the broadcasts, no faster than a clock
 * could; what is confirmed stays until the next exchange.
 */
export function followReference(
  reference: ClockReference,
  apparent: bigint,
  at: bigint,
): ClockReference {
  if (reference.confirmed) return reference
  const drift = driftSince(reference, at)
  const apart = apparent - reference.offsetNanos
  const moved = apart > drift ? drift : apart < -drift ? -drift : apart
  return unconfirmedReference(reference.offsetNanos + moved, at)
}

/**
 * Whether a broadcast is in line with the reference. It may be late by `maximumStep`, for it may have been held up. It
 * cannot have come before it was sent: once an exchange has shown the offset, none is ahead of that by more than the
 * uncertainty and what the clocks may have parted since.
 *
 * @param apparent its transmit minus our receive time
 */
export function isInLine(
  reference: ClockReference,
  apparent: bigint,
  receivedAt: bigint,
  maximumStep: bigint,
): boolean {
  const ahead = apparent - reference.offsetNanos
  if (ahead > maximumStep || ahead < -maximumStep) return false
  if (!reference.confirmed) return true
  return ahead <= reference.uncertaintyNanos + driftSince(reference, receivedAt)
}
