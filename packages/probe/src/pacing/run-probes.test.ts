import { describe, expect, it } from 'vitest'

import { RoundTripTotals } from '../statistics/round-trips.ts'
import { RoundTrips } from '../statistics/round-trips.ts'
import { runProbes } from './run-probes.ts'

const NEVER = new AbortController().signal

/** A connection of the test: tells `send` of each probe, after `trips`. */
function laneOf(
  timeoutMillis: number,
  send: (number: number, trips: RoundTrips) => void = () => {},
  totals = new RoundTripTotals(),
) {
  const trips = new RoundTrips(totals, { timeoutMillis })
  return {
    trips,
    totals,
    send(number: number, dueAt?: number) {
      trips.sent(number, performance.now(), dueAt)
      send(number, trips)
    },
  }
}

describe('a run of probes', () => {
  it.each([{ interval: 1 }, { interval: 60_000, rate: 1_000 }, { interval: 60_000, window: 2 }])(
    'sends as many as asked for with %j, and ends when all are answered',
    async (how) => {
      const sent: number[] = []
      const lane = laneOf(60_000, (number, trips) => {
        sent.push(number)
        setImmediate(() => trips.reply(number))
      })
      await runProbes({ ...how, count: 3 }, [lane], NEVER)
      expect(sent).toEqual([0, 1, 2])
      expect(lane.totals.total()).toMatchObject({ sent: 3, received: 3, lost: 0 })
    },
  )

  it.each([{ interval: 1 }, { interval: 60_000, window: 2 }])(
    'sends as many on each of several connections with %j',
    async (how) => {
      const sent: string[] = []
      const lanes = ['a', 'b'].map((name) =>
        laneOf(60_000, (number, trips) => {
          sent.push(`${name}${number}`)
          setImmediate(() => trips.reply(number))
        }),
      )
      const [first, second] = lanes
      if (first === undefined || second === undefined) throw new Error('two lanes')
      await runProbes({ ...how, count: 3 }, [first, second], NEVER)
      expect(sent.toSorted()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    },
  )

  it('at a rate counts round trips from when they were due, also when the process was held up', async () => {
    const lane = laneOf(60_000, (number, trips) => {
      if (number === 50) holdUp(300)
      setImmediate(() => trips.reply(number))
    })
    await runProbes({ interval: 1, rate: 1_000, count: 600 }, [lane], NEVER)
    const { sent, received, skipped, rttMicros, lateMicros } = lane.totals.total()
    expect({ sent, received, skipped }).toEqual({ sent: 600, received: 600, skipped: 0 })
    // Half of those that were due meanwhile: a quarter of all, each later than half of the time.
    expect(rttMicros?.p90).toBeGreaterThan(150_000)
    expect(lateMicros?.p90).toBeGreaterThan(150_000)
  })

  it('at an interval counts them from sending', async () => {
    const lane = laneOf(60_000, (number, trips) => {
      if (number === 5) holdUp(300)
      trips.reply(number)
    })
    await runProbes({ interval: 10, count: 30 }, [lane], NEVER)
    expect(lane.totals.total()).toMatchObject({ sent: 30, lateMicros: null })
    expect(lane.totals.total().rttMicros?.p90).toBeLessThan(150_000)
  })

  it('at a rate that cannot be kept skips probes, counts and reports them', async () => {
    const lane = laneOf(60_000, (number, trips) => {
      holdUp(0.1)
      trips.reply(number)
    })
    const signal = AbortSignal.timeout(300)
    await runProbes({ interval: 1, rate: 100_000 }, [lane], signal)
    const { skipped } = lane.totals.total()
    expect(skipped).toBeGreaterThan(0)
    expect(lane.totals.keptRate).toBe(false)
  })

  it('ends when those that were not answered are lost', async () => {
    const lane = laneOf(10)
    await runProbes({ interval: 1, count: 3 }, [lane], NEVER)
    expect(lane.totals.total()).toMatchObject({ sent: 3, lost: 3 })
  })

  it('takes the replies that come just after it was stopped', async () => {
    const stop = new AbortController()
    const lane = laneOf(60_000, (number, trips) => {
      stop.abort()
      setTimeout(() => trips.reply(number), 10)
    })
    await runProbes({ interval: 1 }, [lane], stop.signal)
    expect(lane.trips.pending.waiting).toBe(0)
  })

  it('waits for the last replies for a second, not without limit', async () => {
    const stop = new AbortController()
    const lane = laneOf(60_000, () => stop.abort())
    await runProbes({ interval: 1 }, [lane], stop.signal)
    expect(lane.trips.pending.waiting).toBe(1)
  })
})

/** The event loop does nothing for so long. */
function holdUp(millis: number): void {
  const until = performance.now() + millis
  while (performance.now() < until);
}
