import { expect, it } from 'vitest'

import { ProgramLimiter } from './program-limiter.ts'

const WIDE = { programs: 1000, childrenPerAddress: 1000, perMinute: 1_000_000 }

it('each source has its own limit of starts a minute', () => {
  let now = 0
  const limiter = new ProgramLimiter({ ...WIDE, perMinute: 3 }, () => now)
  const from = (address: string) => limiter.rejectReason(address)
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

it('so many run for one address, and so many of one service', () => {
  const limiter = new ProgramLimiter({ ...WIDE, programs: 4, childrenPerAddress: 2 })
  limiter.acquire('2001:db8::1')
  limiter.acquire('2001:db8::2')
  expect(limiter.rejectReason('2001:db8::3')).toBe('too-many-from-address')
  expect(limiter.rejectReason('2001:db8:0:1::3')).toBeUndefined()
  limiter.acquire('192.0.2.1')
  limiter.acquire('192.0.2.2')
  expect(limiter.rejectReason('192.0.2.3')).toBe('too-many-of-service')
  limiter.release('2001:db8::9')
  expect(limiter.rejectReason('2001:db8::3')).toBeUndefined()
  expect(limiter.running).toBe(3)
})

it.each([
  [1, 1],
  [2, 1],
  [20, 19],
])('of %i programs one address gets %i at most, whatever its limit says', (programs, most) => {
  const limiter = new ProgramLimiter({ ...WIDE, programs })
  for (let running = 0; running < most; running += 1) {
    expect(limiter.rejectReason('192.0.2.1')).toBeUndefined()
    limiter.acquire('192.0.2.1')
  }
  expect(limiter.rejectReason('192.0.2.1')).not.toBeUndefined()
  expect(limiter.rejectReason('192.0.2.2')).toBe(programs === 1 ? 'too-many-of-service' : undefined)
})

it('new limits apply to new clients, and running ones are still counted', () => {
  const limiter = new ProgramLimiter({ ...WIDE, perMinute: 1 })
  limiter.acquire('192.0.2.1')
  expect(limiter.rejectReason('192.0.2.1')).toBeUndefined()
  limiter.setLimits({ ...WIDE, perMinute: 1, programs: 1 })
  expect(limiter.rejectReason('192.0.2.2')).toBe('too-many-of-service')
  limiter.setLimits({ ...WIDE, perMinute: 2 })
  expect(limiter.rejectReason('192.0.2.1')).toBeUndefined()
})
