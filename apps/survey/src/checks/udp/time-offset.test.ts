import { now } from '@sockyard/net/clock'
import { describe, expect, it } from 'vitest'

import { StampReflector } from '../../agent/reflector.ts'
import { SILENT } from '../../doctor/listen.ts'
import { USUAL_PACE } from '../../run/check.ts'
import { timeOffset, judgeTime } from './time-offset.ts'

/** The verdict about a reflector whose clock is so far ahead. */
async function verdictOf(aheadMillis: number) {
  const { server } = new StampReflector({
    options: {
      port: 0,
      host: '127.0.0.1',
      ipv4: false,
      ipv6: false,
      // This engine has no kernel times: both times are those of the clock.
      engine: 'node',
      stateful: true,
      keyFile: undefined,
      rateLimit: 1_000,
      allow: [],
      deny: [],
    },
    log: SILENT,
    now: () => now() + BigInt(aheadMillis) * 1_000_000n,
  })
  const { port } = await server.start()
  const facts = await timeOffset.gather({
    peer: { address: '127.0.0.1', family: 4, port },
    waitMillis: 20_000,
    idleMillis: [],
    pace: USUAL_PACE,
    signal: new AbortController().signal,
  })
  await server.stop(AbortSignal.abort())
  return { facts, verdict: timeOffset.judge(facts) }
}

describe('the clock of a reflector', () => {
  it.each([
    [0, 'ok'],
    [250, 'warn'],
    [-250, 'warn'],
    [5_000, 'fail'],
  ])('that is %i ms ahead: %s', async (aheadMillis, status) => {
    const { facts, verdict } = await verdictOf(aheadMillis)
    const { offsetMicros = NaN, uncertaintyMicros = NaN } = facts.clock ?? {}
    expect(Math.abs(offsetMicros - aheadMillis * 1_000)).toBeLessThanOrEqual(uncertaintyMicros + 1)
    // On a busy machine the uncertainty may be as large as the offset: then there is nothing to say.
    const isSure = uncertaintyMicros < 100_000
    expect(isSure ? verdict.status : status).toBe(status)
  })

  it.each([
    [250_000, 'its clock is 250 ms ahead of ours'],
    [-250_000, 'its clock is 250 ms behind ours'],
  ])('%i µs: %s', (offsetMicros, summary) => {
    const clock = { offsetMicros, uncertaintyMicros: 1_000 }
    expect(judgeTime({ sent: 8, received: 8, clock }).summary).toBe(summary)
  })

  it('is in doubt where the round trip is long, and says nothing then', () => {
    const clock = { offsetMicros: 250_000, uncertaintyMicros: 200_000 }
    expect(judgeTime({ sent: 8, received: 8, clock }).status).toBe('ok')
    expect(judgeTime({ sent: 8, received: 0, clock: null }).status).toBe('skipped')
  })
})
