import { expect, it } from 'vitest'

import { StartBackoff } from './start-backoff.ts'

it('each failure in a row doubles the pause of the service and of the source, up to a limit', () => {
  let now = 0
  const backoff = new StartBackoff(() => now)
  expect(backoff.failed('192.0.2.1')).toBe(250)
  expect([backoff.holds('192.0.2.1'), backoff.holds('192.0.2.2')]).toEqual([true, false])
  now = 1_000
  expect(backoff.holds('192.0.2.1')).toBe(false)
  expect(backoff.failed('192.0.2.1')).toBe(500)
  now = 2_999
  expect(backoff.holds('192.0.2.1')).toBe(true)
  expect(backoff.failed('192.0.2.2')).toBe(1_000)
  for (let times = 0; times < 2_000; times += 1) backoff.failed('192.0.2.1')
  expect(backoff.failed('192.0.2.1')).toBe(10_000)
  now += 299_999
  expect(backoff.holds('192.0.2.1')).toBe(true)
  now += 1
  expect(backoff.holds('192.0.2.1')).toBe(false)
})

it('a program that reads ends the pauses', () => {
  const backoff = new StartBackoff(() => 0)
  backoff.failed('192.0.2.1')
  backoff.failed('192.0.2.1')
  backoff.succeeded('192.0.2.1')
  expect(backoff.holds('192.0.2.1')).toBe(false)
  expect(backoff.failed('192.0.2.1')).toBe(250)
})

it('an IPv6 /64 is one source, and 1,000 are remembered', () => {
  const backoff = new StartBackoff(() => 0)
  backoff.failed('2001:db8::1')
  expect(backoff.holds('2001:db8::ffff')).toBe(true)
  for (let source = 0; source < 1_000; source += 1)
    backoff.failed(`10.0.${source >> 8}.${source & 255}`)
  expect(backoff.holds('2001:db8::1')).toBe(false)
  expect(backoff.holds('10.0.0.0')).toBe(true)
})
