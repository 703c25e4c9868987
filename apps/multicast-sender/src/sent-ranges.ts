/** Some datagrams of a batch that the kernel did not take. */
export interface Refusal {
  /** How many it had taken before. */
  readonly taken: number
  readonly datagrams: number
}

/** Numbers that follow each other. */
export interface NumberRange {
  readonly first: number
  readonly count: number
}

/**
 * Which numbers of a batch were sent.
 *
 * @param all what was in the batch
 * @param refusals in order
 */
export function sentRanges(all: NumberRange, refusals: readonly Refusal[]): NumberRange[] {
  const ranges: NumberRange[] = []
  let taken = 0
  let first = all.first
  const add = (count: number): void => {
    if (count > 0) ranges.push({ first, count })
    first += count
    taken += count
  }
  for (const refusal of refusals) {
    add(refusal.taken - taken)
    first += refusal.datagrams
  }
  add(all.first + all.count - first)
  return ranges
}
