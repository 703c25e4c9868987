import { expect, it } from 'vitest'

import { wilsonInterval } from '../wilson-interval.ts'
import type { StampFacts } from './stamp-facts.ts'
import { judgeStamp } from './stamp-verdict.ts'

const CLEAN: StampFacts = {
  address: '192.0.2.1',
  port: 4862,
  sent: 100,
  received: 100,
  duplicated: 0,
  lostThere: 0,
  sentDscp: 46,
  sentEcn: 2,
  arrivedDscp: 46,
  arrivedEcn: 2,
  sentTtl: 64,
  arrivedTtl: 61,
  clock: null,
  waitMillis: 1_000,
}

it.each<[string, Partial<StampFacts>, string | undefined]>([
  ['clean', {}, undefined],
  ['clean', { arrivedDscp: null, arrivedEcn: null, arrivedTtl: null, lostThere: null }, undefined],
  ['silent', { received: 0 }, 'reflector'],
  ['loss', { received: 90, lostThere: 10 }, 'network there'],
  ['loss', { received: 90, lostThere: 0 }, 'network back'],
  ['dscp-bleached', { arrivedDscp: 0 }, undefined],
  ['dscp-precedence-bleached', { arrivedDscp: 6 }, undefined],
  ['dscp-changed', { arrivedDscp: 10 }, undefined],
  ['ecn-bleached', { arrivedEcn: 0 }, undefined],
])('%s: %j', (code, facts, broken) => {
  const verdict = judgeStamp({ ...CLEAN, ...facts })
  expect(verdict.code).toBe(code)
  expect(verdict.chain.find(({ state }) => state === 'broken')?.name).toBe(broken)
})

it('does not say where packets are lost when the reflector does not count them', () => {
  const { code, chain } = judgeStamp({ ...CLEAN, received: 90, lostThere: null })
  expect({ code, states: chain.map(({ state }) => state) }).toEqual({
    code: 'loss',
    states: ['ok', 'unknown', 'ok', 'unknown'],
  })
})

it('says within which bounds the loss lies', () => {
  const [low, high] = wilsonInterval(10, 100)
  expect(low).toBeCloseTo(0.0552, 4)
  expect(high).toBeCloseTo(0.1744, 4)
  expect(wilsonInterval(0, 100)[0]).toBe(0)
})
