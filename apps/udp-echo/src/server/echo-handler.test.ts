import { received, type Sent } from '@sockyard/net/testing'
import { SharedCounters } from '@sockyard/net/udp'
import { describe, expect, it } from 'vitest'

import { createEcho, type EchoData, type Verdict, VERDICTS } from './echo-handler.ts'
import type { Refusal } from './refusal-log.ts'

/** A handler, what it counts, which datagrams it answers and what it logs of the others. */
function echo(changes: Partial<EchoData> = {}, answer = true) {
  const counts = new SharedCounters(VERDICTS)
  const refusals: Refusal[] = []
  const handle = createEcho(
    {
      perSecond: 1_000,
      maximumSources: 10,
      allow: [],
      deny: [],
      verdicts: counts.numbers,
      refused: new Int32Array(new SharedArrayBuffer(4)),
      isLogged: true,
      ...changes,
    },
    (refusal) => refusals.push(refusal),
    () => answer,
  )
  const socket = { local: { address: '127.0.0.1', port: 40_404 } } as Parameters<typeof handle>[1]
  const give = (...datagrams: Sent[]): Verdict[] => {
    const before = counts.entries()
    handle(received(...datagrams), socket)
    return before.flatMap(([verdict, count]) =>
      Array.from({ length: counts.of(verdict) - count }, () => verdict),
    )
  }
  return { give, refusals }
}

describe('a datagram', () => {
  it.each([
    ['192.0.2.1', 40_000, 'answered'],
    ['fe80::1', 40_000, 'answered'],
    ['2001:db8::1', 1024, 'answered'],
    ['192.0.2.1', 0, 'port-zero'],
    ['192.0.2.1', 7, 'low-port'],
    ['192.0.2.1', 3333, 'own-port'],
    ['192.0.2.1', 40_404, 'own-port'],
    ['0.1.2.3', 40_000, 'unspecified-source'],
    ['ff02::1', 40_000, 'multicast-source'],
    ['255.255.255.255', 40_000, 'broadcast-source'],
  ] as const)('from %s port %i: %s', (address, port, verdict) => {
    expect(echo().give({ address, port })).toEqual([verdict])
  })

  it.each([
    ['239.255.1.1', 'multicast-destination'],
    ['255.255.255.255', 'broadcast-destination'],
    ['2001:db8::2', 'mapped-source'],
  ])('from an IPv4 address to %s: %s', (to, verdict) => {
    expect(echo().give({ address: '192.0.2.1', to })).toEqual([verdict])
  })

  it('is answered only for sources that the lists permit, within the rate limit', () => {
    const { give } = echo({ allow: ['192.0.2.0/24'], deny: ['192.0.2.7'], perSecond: 2 })
    expect(give({ address: '192.0.2.7' })).toEqual(['denied'])
    expect(give({ address: '198.51.100.1' })).toEqual(['not-allowed'])
    const ports = [1, 2, 3].map((port) => ({ address: '192.0.2.1', port: 40_000 + port }))
    expect(give(...ports)).toEqual(['answered', 'answered', 'rate-limited'])
    expect(give({ address: '192.0.2.2' })).toEqual(['answered'])
  })

  it('that is refused anyway takes no token: a forger cannot use up those of a victim', () => {
    const { give } = echo({ perSecond: 1 })
    for (let i = 0; i < 100; i += 1) give({ address: '192.0.2.1', port: 7 })
    expect(give({ address: '192.0.2.1' })).toEqual(['answered'])
  })

  it('that finds no room is counted as busy', () => {
    expect(echo({}, false).give({ address: '192.0.2.1' })).toEqual(['busy'])
  })

  it('that is not answered is logged with its source and the reason, ten times a second', () => {
    const { give, refusals } = echo()
    for (let i = 0; i < 100; i += 1) give({ address: 'fe80::1', port: 7, scope: 3 })
    expect(refusals).toHaveLength(10)
    expect(refusals[0]).toEqual({ address: 'fe80::1%3', port: 7, bytes: 0, reason: 'low-port' })
  })
})
