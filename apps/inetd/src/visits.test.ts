import { expect, it } from 'vitest'

import { Visits } from './visits.ts'

const WIDE = { children: 1000, childrenPerAddress: 1000, perMinute: 1_000_000 }

it('a source has its starts a minute, and nobody else loses one by it', () => {
  let now = 0
  const visits = new Visits({ ...WIDE, perMinute: 3 }, () => now)
  const from = (address: string) => visits.refusal(address, false)
  expect([1, 2, 3, 4, 5].map(() => from('192.0.2.1'))).toEqual([
    undefined,
    undefined,
    undefined,
    'rate-limited',
    'rate-limited',
  ])
  expect(from('192.0.2.2')).toBeUndefined()
  now = 20_000
  expect([from('192.0.2.1'), from('192.0.2.1')]).toEqual([undefined, 'rate-limited'])
})

it('so many run for one address, so many of one service, so many in all', () => {
  const visits = new Visits({ ...WIDE, children: 3, childrenPerAddress: 2 })
  visits.enter('2001:db8::1')
  visits.enter('2001:db8::2')
  expect(visits.refusal('2001:db8::3', false)).toBe('too-many-from-address')
  expect(visits.refusal('2001:db8:0:1::3', false)).toBeUndefined()
  expect(visits.refusal('192.0.2.1', true)).toBe('too-many')
  visits.enter('192.0.2.1')
  expect(visits.refusal('192.0.2.2', false)).toBe('too-many-of-service')
  visits.leave('2001:db8::9')
  expect(visits.refusal('2001:db8::3', false)).toBeUndefined()
  expect(visits.running).toBe(2)
})

it('new limits hold for who comes next, and who is in is still counted', () => {
  const visits = new Visits({ ...WIDE, perMinute: 1 })
  visits.enter('192.0.2.1')
  expect(visits.refusal('192.0.2.1', false)).toBeUndefined()
  visits.setLimits({ ...WIDE, perMinute: 1, children: 1 })
  expect(visits.refusal('192.0.2.2', false)).toBe('too-many-of-service')
  visits.setLimits({ ...WIDE, perMinute: 2 })
  expect(visits.refusal('192.0.2.1', false)).toBeUndefined()
})
