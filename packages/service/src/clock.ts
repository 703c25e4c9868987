/** The wall clock: nanoseconds since 1970, with the grain of the system's clock (not milliseconds). */
export function now(): bigint {
  return Temporal.Now.instant().epochNanoseconds
}
