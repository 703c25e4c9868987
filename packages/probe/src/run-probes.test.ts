import { describe, expect, it } from 'vitest'

import { Outstanding } from './outstanding.ts'
import { runProbes } from './run-probes.ts'

const NEVER = new AbortController().signal

function table(timeoutMillis = 60_000): Outstanding {
  return new Outstanding({ timeoutMillis, capacity: 64 })
}

describe('a run of probes', () => {
  it.each([{ interval: 1 }, { interval: 60_000, rate: 1_000 }, { interval: 60_000, window: 2 }])(
    'sends as many as asked for with %j, and ends when all are answered',
    async (how) => {
      const outstanding = table()
      const sent: number[] = []
      await runProbes({ ...how, count: 3 }, outstanding, NEVER, (number) => {
        sent.push(number)
        outstanding.sent(number, performance.now())
        setImmediate(() => outstanding.reply(number, performance.now()))
      })
      expect(sent).toEqual([0, 1, 2])
      expect(outstanding.waiting).toBe(0)
    },
  )

  it('ends when those that were not answered are lost', async () => {
    const outstanding = table(10)
    await runProbes({ interval: 1, count: 3 }, outstanding, NEVER, (number) =>
      outstanding.sent(number, performance.now()),
    )
    expect(outstanding.waiting).toBe(0)
  })

  it('takes the replies that come just after it was stopped', async () => {
    const outstanding = table()
    const stop = new AbortController()
    await runProbes({ interval: 1 }, outstanding, stop.signal, (number) => {
      outstanding.sent(number, performance.now())
      stop.abort()
      setTimeout(() => outstanding.reply(number, performance.now()), 10)
    })
    expect(outstanding.waiting).toBe(0)
  })

  it('waits for the last replies for a second, not for ever', async () => {
    const outstanding = table()
    const stop = new AbortController()
    await runProbes({ interval: 1 }, outstanding, stop.signal, (number) => {
      outstanding.sent(number, performance.now())
      stop.abort()
    })
    expect(outstanding.waiting).toBe(1)
  })
})
