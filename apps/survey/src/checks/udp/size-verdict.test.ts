import { expect, it } from 'vitest'

import type { SizeFacts } from './size-facts.ts'
import { judgeSizes } from './size-verdict.ts'
import { judgeEchoSizes } from './sizes.ts'

const CLEAN: SizeFacts = {
  address: '192.0.2.1',
  port: 4862,
  headerBytes: 28,
  largestWholeBytes: 1_472,
  vanished: false,
  isTold: false,
  fragmented: [{ bytes: 8_000, answered: true }],
}

it.each<[string, Partial<SizeFacts>, string | undefined]>([
  ['every-size', {}, undefined],
  ['mtu-black-hole', { vanished: true }, 'whole packets'],
  ['mtu-smaller', { isTold: true }, undefined],
  ['fragments-lost', { fragmented: [{ bytes: 8_000, answered: false }] }, 'fragments'],
])('%s: %j', (code, facts, broken) => {
  const verdict = judgeSizes({ ...CLEAN, ...facts })
  expect(verdict.code).toBe(code)
  expect(verdict.chain.find(({ state }) => state === 'broken')?.name).toBe(broken)
})

it('counts the headers in the path MTU', () => {
  expect(judgeSizes(CLEAN).summary).toContain('1500 B')
})

it.each([
  [{ emptyAnswered: true }, 'ok', null],
  [{ emptyAnswered: false }, 'warn', 'send one byte at least'],
  [{ emptyAnswered: false, vanished: true }, 'fail', expect.stringContaining('ICMP')],
])('by an echo, %j is %s', (facts, status, remedy) => {
  expect(judgeEchoSizes({ ...CLEAN, ...facts })).toMatchObject({ status, remedy })
})
