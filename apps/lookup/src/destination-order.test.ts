import { inetPton } from '@sockyard/posix/socket'
import { assert, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  compareDestinations,
  type Destination,
  mappedBytes,
  type SourceAddress,
} from './destination-order.ts'
import { glibcTable, rfc6724Table } from './policy-table.ts'

function bytes(text: string): Uint8Array {
  return mappedBytes(inetPton(text) ?? new Uint8Array(16))
}

/** `2001:db8::1 from 2001:db8::2/64`, with words for what is special; without `from` it is unreachable. */
function destination(text: string): Destination {
  const [, address = '', from, length = '64', words = ''] =
    /^(\S+)(?: from ([^/\s]+)(?:\/(\d+))?)?(.*)$/.exec(text) ?? []
  const source: SourceAddress | undefined =
    from === undefined
      ? undefined
      : {
          address: bytes(from),
          isDeprecated: words.includes('deprecated'),
          isHome: words.includes('home'),
          isNative: !words.includes('tunnel'),
          prefixLength: Number(length),
        }
  return { address: bytes(address), source }
}

/** The first of each pair comes first, by the rule. */
const PREFERRED = [
  [1, '198.51.100.121 from 198.51.100.117/24', '2001:db8:1::1'],
  // RFC 6724, section 10.2, in its order.
  [2, '198.51.100.121 from 198.51.100.117/24', '2001:db8:1::1 from fe80::1'],
  [2, '2001:db8:1::1 from 2001:db8:1::2', '198.51.100.121 from 169.254.13.78/16'],
  [6, '2001:db8:1::1 from 2001:db8:1::2', '10.1.2.3 from 10.1.2.4/24'],
  [8, 'fe80::1 from fe80::2', '2001:db8:1::1 from 2001:db8:1::2'],
  [4, '2001:db8:1::1 from 2001:db8:3::1 home', 'fe80::1 from fe80::2'],
  [3, '2001:db8:1::1 from 2001:db8:1::2', 'fe80::1 from fe80::2 deprecated'],
  [9, '2001:db8:1::1 from 2001:db8:1::2', '2001:db8:3ffe::1 from 2001:db8:3f44::2'],
  [5, '2002:c633:6401::1 from 2002:c633:6401::2', '2001:db8:1::1 from 2002:c633:6401::2'],
  [6, '2001:db8:1::1 from 2001:db8:1::2', '2002:c633:6401::1 from 2002:c633:6401::2'],
  // Beyond the RFC's examples.
  [7, '2001:db8:1::1 from 2001:db8:1::2', '2001:db8:2::1 from 2001:db8:2::2 tunnel'],
  [9, '10.1.2.3 from 10.1.2.4/24', '192.0.2.1 from 10.1.2.4/24'],
  [6, '::1 from ::1/128', '127.0.0.1 from 127.0.0.1/8'],
] as const

describe('the order of destinations', () => {
  test.each(PREFERRED)('rule %i: %s before %s', (rule, preferred, other) => {
    const pair = [destination(preferred), destination(other)] as const
    expect(compareDestinations(...pair, rfc6724Table)).toMatchObject({
      rule,
      sign: expect.any(Number),
    })
    expect(compareDestinations(...pair, rfc6724Table).sign).toBeLessThan(0)
    const turned = compareDestinations(pair[1], pair[0], rfc6724Table)
    expect(turned.rule).toBe(rule)
    expect(turned.sign).toBeGreaterThan(0)
  })

  test('rule 10: what is alike stays as it was', () => {
    const first = destination('192.0.2.1 from 10.0.0.1/24')
    const second = destination('198.51.100.1 from 10.0.0.1/24')
    expect(compareDestinations(first, second, glibcTable)).toMatchObject({ rule: 10, sign: 0 })
    const unreachable = [destination('192.0.2.1'), destination('::1')] as const
    expect(compareDestinations(...unreachable, glibcTable)).toMatchObject({ rule: 10, sign: 0 })
  })

  test('the comparison of any two destinations is antisymmetric', () => {
    const texts = PREFERRED.flatMap(([, first, second]) => [first, second])
    assert(
      property(constantFrom(...texts), constantFrom(...texts), (first, second) => {
        const pair = [destination(first), destination(second)] as const
        const forth = compareDestinations(...pair, glibcTable)
        const back = compareDestinations(pair[1], pair[0], glibcTable)
        expect(back.rule).toBe(forth.rule)
        expect(Math.sign(back.sign) + Math.sign(forth.sign)).toBe(0)
      }),
    )
  })
})
