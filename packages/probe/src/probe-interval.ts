/** `--interval` when neither it nor `--rate` is given. */
const DEFAULT_MILLIS = 1_000

/** Milliseconds from one probe to the next: `--rate` (a second) when it is given, else `--interval`, else 1 s. */
export function probeInterval(options: {
  rate?: number | undefined
  interval?: number | undefined
}): number {
  const { rate, interval = DEFAULT_MILLIS } = options
  return rate === undefined ? interval : 1_000 / rate
}
