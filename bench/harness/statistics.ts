export interface Spread {
  median: number
  min: number
  max: number
}

/** The middle value; of an even number of them, the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[half - 1], sorted[half]]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

/** Median, lowest and highest of what there is; undefined when there is nothing. */
export function spread(values: readonly (number | null)[]): Spread | undefined {
  const present = values.filter((value) => value !== null)
  if (present.length === 0) return undefined
  return { median: median(present), min: Math.min(...present), max: Math.max(...present) }
}

/** The most that the highest of several rounds may be of the lowest for their median to mean something. */
const STEADY_RATIO = 3

/** Whether the median stands for the rounds. Of figures that spread wider, none is published. */
export function isSteady({ min, max }: Spread): boolean {
  return max <= STEADY_RATIO * min
}

/**
 * How two contestants compare, round by round, because what slows down the machine for a round slows
 * down both. A round in which one of them has no value is left out.
 */
export function ratios(
  values: readonly (number | null)[],
  baseline: readonly (number | null)[],
): number[] {
  return values.flatMap((value, round) => {
    const other = baseline[round] ?? null
    return value === null || other === null || other === 0 ? [] : [value / other]
  })
}
