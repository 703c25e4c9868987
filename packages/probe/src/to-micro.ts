/** Milliseconds with as many digits as mean something: to the microsecond. */
export function toMicro(millis: number): number {
  return Math.round(millis * 1_000) / 1_000
}
