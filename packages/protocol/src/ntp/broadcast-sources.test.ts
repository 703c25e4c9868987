import { describe, expect, it } from 'vitest'

import { macOf } from './authentication.ts'
import { BroadcastSources } from './broadcast-sources.ts'
import { checkBroadcast } from './check-broadcast.ts'
import { fieldsWith, KEY, NOW, packetWith } from './fields.testing.ts'
import type { NtpFields } from './packet.ts'
import { toNtpTimestamp } from './timestamp.ts'

const SECOND = 1_000_000_000n
const keys = new Map([[KEY.id, KEY]])

function state(second: number) {
  const moment = NOW + BigInt(second) * SECOND
  return { transmitAt: moment, receivedAt: moment }
}

/** A broadcast `second` seconds after NOW, signed with the real key. */
function real(second: number) {
  const fields = fieldsWith({ transmitRaw: toNtpTimestamp(NOW + BigInt(second) * SECOND) })
  return { ...fields, mac: macOf(KEY, fields) }
}

describe('the sources of broadcasts', () => {
  it('are counted and remembered by name', () => {
    const sources = new BroadcastSources(10)
    expect(sources.get('a')).toBeUndefined()
    sources.accept('a', state(0))
    sources.accept('a', state(1))
    expect(sources.get('a')).toEqual({ state: state(1), accepted: 2 })
    expect([...sources.entries()].map(([name]) => name)).toEqual(['a'])
  })

  it('start anew when forgotten', () => {
    const sources = new BroadcastSources(10)
    sources.accept('a', state(0))
    sources.forget('a')
    expect(sources.accept('a', state(1)).accepted).toBe(1)
  })

  it('are bounded, and newcomers never push out an established one', () => {
    const pushedOut: string[] = []
    const sources = new BroadcastSources(10, (source) => pushedOut.push(source))
    sources.accept('real', state(0))
    sources.accept('real', state(1))
    for (let index = 0; index < 1_000; index += 1) sources.accept(`forged ${index}`, state(2))
    expect(sources.get('real')?.accepted).toBe(2)
    expect([...sources.entries()]).toHaveLength(11)
    expect(pushedOut).toHaveLength(990)
    expect(pushedOut[0]).toBe('forged 0')
  })

  it('stay established while there is no room for more', () => {
    const sources = new BroadcastSources(1)
    for (const second of [0, 1, 2]) sources.accept('a', state(second))
    expect(sources.get('a')).toEqual({ state: state(2), accepted: 3 })
    expect([...sources.entries()]).toHaveLength(1)
  })

  it('make room for one that is heard more often', () => {
    const sources = new BroadcastSources(1)
    for (const name of ['forged', 'forged', 'real', 'real', 'real']) sources.accept(name, state(0))
    expect([...sources.entries()].map(([name]) => name)).toEqual(['real'])
  })

  it('that were confirmed by an exchange make room for no other', () => {
    const sources = new BroadcastSources(1)
    const reference = { offsetNanos: 0n, uncertaintyNanos: 0n, at: NOW, confirmed: true }
    sources.accept('real', state(0))
    sources.confirm('real', reference)
    for (let heard = 0; heard < 9; heard += 1)
      for (const name of ['b', 'c']) sources.accept(name, state(heard))
    expect(sources.get('real')).toEqual({ state: { ...state(0), reference }, accepted: 1 })
    expect([...sources.entries()].map(([name]) => name)).toContain('real')
  })

  it('stay newcomers while there is no room for more established ones', () => {
    const sources = new BroadcastSources(1)
    for (const name of ['a', 'a', 'b', 'b', 'c']) sources.accept(name, state(0))
    expect([...sources.entries()].map(([name]) => name)).toEqual(['a', 'c'])
  })
})

describe('a flood of forgeries', () => {
  const forgeries: readonly ((second: number) => Partial<NtpFields>)[] = [
    (second) => ({ ...real(second), mac: null }),
    (second) => ({ ...real(second), mac: { keyId: 1, digest: new Uint8Array(16) } }),
    (second) => ({ ...real(second), mac: { keyId: 2, digest: new Uint8Array(16) } }),
    (second) => ({ ...real(second), transmitRaw: toNtpTimestamp(NOW + 9_999n * SECOND) }),
    (second) => ({ ...real(second), stratum: 16 }),
    () => real(0),
    (second) => real(second - 1),
    (second) => real(second + 3600),
  ]

  it('is refused whole, from the very first on, while all that is real is kept', () => {
    const sources = new BroadcastSources(10)
    const hear = (fields: Partial<NtpFields>, second: number): string => {
      const before = sources.get('192.0.2.1')?.state ?? null
      const now = NOW + BigInt(second) * SECOND
      const verdict = checkBroadcast(packetWith(fields), before, now, { keys, required: true })
      if (verdict.verdict === 'accept') sources.accept('192.0.2.1', verdict.state)
      return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
    }
    // The replays are of second 0, or of what is still on its way: those are no forgeries before.
    for (const forge of forgeries.slice(0, 5)) expect(hear(forge(0), 0)).not.toBe('accepted')
    expect(hear(real(0), 0)).toBe('accepted')
    for (let second = 1; second <= 50; second += 1) {
      for (const forge of forgeries) expect(hear(forge(second), second)).not.toBe('accepted')
      expect(hear(real(second), second)).toBe('accepted')
      for (const forge of forgeries) expect(hear(forge(second), second)).not.toBe('accepted')
    }
    expect(sources.get('192.0.2.1')?.accepted).toBe(51)
  })
})
