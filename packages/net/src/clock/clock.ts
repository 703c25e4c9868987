/** The wall clock: nanoseconds since 1970, with the grain of the system's clock (not milliseconds). */
export function now(): bigint {
  return Temporal.Now.instant().epochNanoseconds
}

/** A kernel's time stamp that is further from the clock than this was made before the clock was set. */
const LONGEST_WAIT_NANOS = 60_000_000_000n

/**
 * When a datagram was received: by the kernel's stamp, or when it was read where the stamp cannot be true.
 *
 * @param stamp nanoseconds since 1970, as the other; 0n when it is not known
 */
export function plausibleStamp(stamp: bigint, read = now()): bigint {
  const apart = read > stamp ? read - stamp : stamp - read
  return apart > LONGEST_WAIT_NANOS ? read : stamp
}
