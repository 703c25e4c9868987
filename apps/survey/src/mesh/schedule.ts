/**
 * Who is to exchange with whom, round after round (the circle method of round-robin tournaments): in a round nobody
 * is part of two pairs, so that probes of one pair do not disturb those of another.
 *
 * @param count of places, which are numbered from 0
 * @returns every unordered pair once; `count` rounds, or one less where it is even
 */
export function rounds(count: number): [number, number][][] {
  const seats = count % 2 === 0 ? count : count + 1
  return Array.from({ length: Math.max(0, seats - 1) }, (_, round) =>
    Array.from({ length: seats / 2 }, (_each, index) => pairOf(round, index, seats)).filter(
      ([one, other]) => one < count && other < count,
    ),
  )
}

/** The last seat stays, the others move on by one each round. */
function pairOf(round: number, index: number, seats: number): [number, number] {
  const moving = seats - 1
  if (index === 0) return [round % moving, moving]
  const one = (round + index) % moving
  const other = (round - index + moving) % moving
  return one < other ? [one, other] : [other, one]
}
