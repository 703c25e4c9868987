import { expect, test } from 'vitest'

import { type Benchmark, type Contestant, LeftOutError, type Sample } from './benchmark.ts'
import { runRounds } from './run-rounds.ts'

const plan = { rounds: 2, seconds: 1, onRun: () => {} }

function contestant(name: string, sample: (caseName: string) => Sample): Contestant {
  const subject = {
    sample: async (caseName: string) => sample(caseName),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { name, kind: 'ours', open: () => Promise.resolve(subject) }
}

function benchmarkOf(...contestants: Contestant[]): Benchmark {
  const measures = [{ name: 'rate', label: '/s', better: 'more' }] as const
  const words = { name: 'made up', title: '', about: '' }
  return { ...words, measures, cases: ['one', 'two'], contestants, chart: 'bars' }
}

test('contestants take turns within each case: A B A B', async () => {
  const order: string[] = []
  const noting = (name: string) =>
    contestant(name, (caseName) => {
      order.push(`${caseName} ${name}`)
      return { rate: 1 }
    })
  await runRounds(benchmarkOf(noting('A'), noting('B')), plan)
  const turns = ['A', 'B', 'A', 'B']
  expect(order).toEqual([
    ...turns.map((name) => `one ${name}`),
    ...turns.map((name) => `two ${name}`),
  ])
})

test('one that cannot start is left out with the reason, and the others run', async () => {
  const missing: Contestant = {
    name: 'missing',
    kind: 'peer',
    open: () => Promise.reject(new LeftOutError('not installed')),
  }
  const { cells } = await runRounds(
    benchmarkOf(
      missing,
      contestant('A', () => ({ rate: 7 })),
    ),
    plan,
  )
  expect(cells.filter(({ contestant: name }) => name === 'missing')).toMatchObject([
    { samples: [], reason: 'not installed' },
    { samples: [], reason: 'not installed' },
  ])
  expect(cells.find(({ contestant: name }) => name === 'A')?.samples).toEqual([
    { rate: 7 },
    { rate: 7 },
  ])
})

test('a round that fails is a gap, with what went wrong, and the next round runs', async () => {
  let runs = 0
  const flaky = contestant('flaky', () => {
    runs += 1
    if (runs === 1) throw new Error('reset\nat somewhere')
    return { rate: runs }
  })
  const { cells } = await runRounds(benchmarkOf(flaky), plan)
  expect(cells[0]).toMatchObject({ samples: [null, { rate: 2 }], reason: 'reset' })
})

test('a case in which one takes no part is tried once', async () => {
  let runs = 0
  const partial = contestant('partial', (caseName) => {
    if (caseName === 'one') return { rate: 1 }
    runs += 1
    throw new LeftOutError('one at a time')
  })
  const { cells } = await runRounds(benchmarkOf(partial), plan)
  expect(runs).toBe(1)
  expect(cells[1]).toMatchObject({ samples: [], reason: 'one at a time' })
})
