/** Milliseconds from one probe to the next: `--rate` (a second) when it is given, else `--interval`. */
export function probeInterval(options: { rate?: number | undefined; interval: number }): number {
  const { rate, interval } = options
  return rate === undefined ? interval : 1_000 / rate
}
