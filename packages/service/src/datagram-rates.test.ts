import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { received } from '../testing/received.ts'
import { DatagramRates } from './datagram-rates.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { peerKey } from './source-address.ts'

const SOURCES = (
  '192.0.2.1 192.0.2.2 10.0.0.1 10.0.0.2 10.0.0.3 2001:db8::1 2001:db8::2 2001:db8:0:1::1 ' +
  'fe80::1 fe80::2 ::1'
).split(' ')

describe('the rates for batches', () => {
  it('are the rates for single datagrams, whoever comes when, and whoever is forgotten', () => {
    const step = record({ source: constantFrom(...SOURCES), millis: integer({ min: 0, max: 900 }) })
    assert(
      property(array(step, { maxLength: 200 }), integer({ min: 1, max: 6 }), (steps, sources) => {
        let now = 0
        const one = createRateLimiter({
          perSecond: 2,
          maximumSources: sources,
          nowMillis: () => now,
        })
        const many = new DatagramRates({ perSecond: 2, maximumSources: sources, seed: 1 })
        const texts = new DatagramRates({ perSecond: 2, maximumSources: sources })
        for (const { source, millis } of steps) {
          now += millis
          const expected = one.take(peerKey(source)) === 'within'
          expect(many.take(received({ address: source }), 0, now)).toBe(expected)
          expect(texts.takeFrom(source, now)).toBe(expected)
        }
        expect(many.sources).toBe(one.sources)
      }),
    )
  })

  it('count a link-local source on each link for itself', () => {
    const rates = new DatagramRates({ perSecond: 1, maximumSources: 10 })
    const from = (scope: number) => rates.take(received({ address: 'fe80::1', scope }), 0, 0)
    expect([from(2), from(3), from(2)]).toEqual([true, true, false])
    const zones = ['fe80::2%eth0', 'fe80::2%eth1', 'fe80::2%eth0']
    expect(zones.map((address) => rates.takeFrom(address, 0))).toEqual([true, true, false])
  })

  it('are no limit at 0', () => {
    const rates = new DatagramRates({ perSecond: 0, maximumSources: 1 })
    const batch = received({ address: '192.0.2.1' })
    expect(Array.from({ length: 10_000 }, () => rates.take(batch, 0, 0))).not.toContain(false)
  })

  it('remember so many sources and no more', () => {
    const rates = new DatagramRates({ perSecond: 1, maximumSources: 1_000 })
    for (let number = 0; number < 20_000; number += 1) {
      const address = `10.0.${number >> 8}.${number & 255}`
      expect(rates.take(received({ address }), 0, 0)).toBe(true)
    }
    expect(rates.sources).toBe(1_000)
    expect(rates.take(received({ address: '10.0.78.31' }), 0, 0)).toBe(false)
  })
})
