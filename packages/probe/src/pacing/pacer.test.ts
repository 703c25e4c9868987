import { array, assert, asyncProperty, integer } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { pace, type PaceOptions } from './pacer.ts'
import { VirtualClock } from './virtual-clock.testing.ts'

interface Sent {
  sequence: number
  dueAt: number
  at: number
}

async function run(
  clock: VirtualClock,
  options: Omit<PaceOptions, 'clock'>,
  work: (sequence: number) => void = () => {},
) {
  const sends: Sent[] = []
  const result = await pace({ ...options, clock }, (sequence, dueAt) => {
    sends.push({ sequence, dueAt, at: clock.now() })
    work(sequence)
  })
  return { sends, result }
}

describe('pace', () => {
  it('sends the first at once and the others an interval apart', async () => {
    const { sends, result } = await run(new VirtualClock(500), { intervalMillis: 200, count: 4 })
    expect(sends.map(({ at }) => at)).toEqual([500, 700, 900, 1_100])
    expect(sends.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3])
    expect(result).toEqual({ sent: 4, skipped: 0, ended: 'count' })
  })

  it('does not drift, however late each wake-up is and however long each send takes', async () => {
    const clock = new VirtualClock(0, () => 1.3)
    const { sends } = await run(clock, { intervalMillis: 10, count: 10_000 }, () =>
      clock.stall(0.4),
    )
    for (const { sequence, dueAt, at } of sends) {
      expect(dueAt).toBeCloseTo(sequence * 10, 6)
      expect(at - dueAt).toBeLessThan(5)
    }
  })

  it('sends several per turn at 100,000 a second, and all of them', async () => {
    const clock = new VirtualClock(0, () => 1)
    const { sends, result } = await run(clock, { intervalMillis: 0.01, deadlineMillis: 1_000 })
    expect(result.skipped).toBe(0)
    expect(result.ended).toBe('deadline')
    expect(sends.length).toBeGreaterThan(99_700)
    expect(sends.length).toBeLessThanOrEqual(100_000)
  })

  it('after a stall sends at most the burst, counts what it skipped and keeps the beat', async () => {
    const clock = new VirtualClock()
    const options = { intervalMillis: 10, maximumBurst: 3, count: 10 }
    const { sends, result } = await run(clock, options, (sequence) => {
      if (sequence === 1) clock.stall(95)
    })
    expect(sends.map(({ at }) => at)).toEqual([0, 10, 105, 105, 105, 110, 120, 130, 140, 150])
    expect(sends.slice(2, 5).map(({ dueAt }) => dueAt)).toEqual([80, 90, 100])
    expect(result).toEqual({ sent: 10, skipped: 6, ended: 'count' })
  })

  it('may send all that is late instead, a burst in each turn, but nothing that is too late', async () => {
    const clock = new VirtualClock()
    const skips: number[] = []
    const limits = { intervalMillis: 10, maximumBurst: 3, maximumLateMillis: 65, count: 9 }
    const options = { ...limits, onSkipped: (moments: number) => skips.push(moments) }
    const { sends, result } = await run(clock, options, (sequence) => {
      if (sequence === 1) clock.stall(95)
    })
    // Due at 20 and 30 is too late at 105; of the others three go out in each turn.
    expect(sends.slice(2).map(({ dueAt }) => dueAt)).toEqual([40, 50, 60, 70, 80, 90, 100])
    expect(sends.slice(2).map(({ at }) => at)).toEqual(Array(7).fill(105))
    expect(result).toEqual({ sent: 9, skipped: 2, ended: 'count' })
    expect(skips).toEqual([2])
  })

  it('at the end counts as skipped what it could not send any more', async () => {
    const clock = new VirtualClock(0, () => 1)
    const options = { intervalMillis: 0.01, maximumBurst: 50, maximumLateMillis: 1_000 }
    // Each send takes twice the time there is for it.
    const { result } = await run(clock, { ...options, deadlineMillis: 500 }, () =>
      clock.stall(0.02),
    )
    expect(result.sent + result.skipped).toBeGreaterThan(49_800)
    expect(result.sent + result.skipped).toBeLessThanOrEqual(50_100)
    expect(result.sent).toBeLessThan(25_100)
  })

  it('is within 1 % of the rate however late it is woken', async () => {
    for (const [rate, lateness, seconds] of [
      [150_000, 1.5, 6],
      [1_000, 90, 60],
      [7, 40, 60],
    ] as const) {
      const clock = new VirtualClock(0, () => lateness)
      const options = { intervalMillis: 1_000 / rate, maximumLateMillis: 1_000, maximumBurst: 256 }
      const { result } = await run(clock, { ...options, deadlineMillis: seconds * 1_000 })
      expect(result.skipped).toBe(0)
      expect(Math.abs(result.sent / (seconds * rate) - 1)).toBeLessThan(0.01)
    }
  })

  it('for any lateness: in order, never early, never more than the burst at once, all accounted for', async () => {
    const lateness = array(integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 50 })
    const holds = asyncProperty(
      integer({ min: 1, max: 50 }),
      integer({ min: 1, max: 20 }),
      lateness,
      async (intervalMillis, maximumBurst, late) => {
        let wakes = 0
        const clock = new VirtualClock(0, () => late[wakes++ % late.length] ?? 0)
        const deadlineMillis = 2_000
        const { sends, result } = await run(clock, { intervalMillis, maximumBurst, deadlineMillis })
        const atOnce = Map.groupBy(sends, ({ at }) => at)
        expect(sends.map(({ sequence }) => sequence)).toEqual([...sends.keys()])
        expect(sends.every(({ dueAt, at }) => dueAt <= at && dueAt % intervalMillis === 0)).toBe(
          true,
        )
        expect(Math.max(...[...atOnce.values()].map((group) => group.length))).toBeLessThanOrEqual(
          maximumBurst,
        )
        const last = sends.at(-1)?.dueAt ?? 0
        expect(result.sent + result.skipped).toBe(last / intervalMillis + 1)
      },
    )
    await assert(holds, { numRuns: 200 })
  })

  it('ends at the deadline, between two sends', async () => {
    const clock = new VirtualClock()
    const { sends, result } = await run(clock, { intervalMillis: 100, deadlineMillis: 250 })
    expect(sends).toHaveLength(3)
    expect(result.ended).toBe('deadline')
    expect(clock.now()).toBe(250)
  })

  it('ends when it is aborted, also in the middle of a wait in real time', async () => {
    const controller = new AbortController()
    const sent: number[] = []
    const result = await pace(
      { intervalMillis: 3_600_000, signal: controller.signal },
      (sequence) => {
        sent.push(sequence)
        setImmediate(() => controller.abort())
      },
    )
    expect(sent).toEqual([0])
    expect(result).toEqual({ sent: 1, skipped: 0, ended: 'aborted' })
  })

  it('rejects with what a send throws, and an interval that is none', async () => {
    const failing = pace({ intervalMillis: 1 }, () => {
      throw new Error('no route')
    })
    await expect(failing).rejects.toThrow('no route')
    await expect(pace({ intervalMillis: 0 }, () => {})).rejects.toThrow(RangeError)
  })

  it('in real time keeps near the rate, and lets other work in between', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const began = performance.now()
    const { sent, skipped } = await pace({ intervalMillis: 0.05, deadlineMillis: 300 }, () => {})
    clearInterval(timer)
    expect(performance.now() - began).toBeGreaterThanOrEqual(299)
    expect(sent + skipped).toBeGreaterThan(1_000)
    expect(sent + skipped).toBeLessThanOrEqual(6_000)
    expect(turns).toBeGreaterThan(2)
  })
})
