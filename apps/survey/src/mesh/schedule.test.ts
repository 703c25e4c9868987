import { expect, it } from 'vitest'

import { rounds } from './schedule.ts'

it.each([2, 3, 4, 5, 8, 17])(
  'of %i places every two meet once, and none twice in a round',
  (count) => {
    const all = rounds(count)
    for (const round of all) expect(new Set(round.flat()).size).toBe(round.length * 2)
    const met = all
      .flat()
      .map(([one, other]) => (one < other ? `${one} ${other}` : `${other} ${one}`))
    expect(new Set(met).size).toBe(met.length)
    expect(met).toHaveLength((count * (count - 1)) / 2)
    expect(all).toHaveLength(count % 2 === 0 ? count - 1 : count)
  },
)
