import { describe, expect, it } from 'vitest'

import { macOf } from './authentication.ts'
import { type BroadcastPolicy, type BroadcastState, checkBroadcast } from './check-broadcast.ts'
import { fieldsWith, KEY, NOW, packetWith } from './fields.testing.ts'
import type { NtpFields } from './packet.ts'
import { encodeReferenceId } from './reference-id.ts'
import { toNtpTimestamp } from './timestamp.ts'

const SECOND = 1_000_000_000n
const OPEN: BroadcastPolicy = { keys: new Map(), required: false }
const keys = new Map(
  [KEY, { ...KEY, id: 2, secret: new Uint8Array(16) }].map((key) => [key.id, key]),
)
const SIGNED: BroadcastPolicy = { keys, required: true }

/** The last broadcast of the source came 64 s before NOW, right on time. */
const LAST = { transmitAt: NOW - 64n * SECOND, receivedAt: NOW - 64n * SECOND }

function reasonFor(changes: Partial<NtpFields>, policy = OPEN): string {
  const verdict = checkBroadcast(packetWith(changes), LAST, NOW, policy)
  return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
}

function sentAt(nanos: bigint): Partial<NtpFields> {
  return { transmitRaw: toNtpTimestamp(nanos) }
}

function signed(changes: Partial<NtpFields> = {}): Partial<NtpFields> {
  return { ...changes, mac: macOf(KEY, fieldsWith(changes)) }
}

describe('a broadcast', () => {
  it('is accepted with the state to keep', () => {
    expect(checkBroadcast(packetWith(), LAST, NOW + 5n, OPEN)).toEqual({
      verdict: 'accept',
      state: {
        transmitAt: NOW,
        receivedAt: NOW + 5n,
        reference: { offsetNanos: -5n, uncertaintyNanos: 0n, at: NOW + 5n, confirmed: false },
      },
    })
  })

  it('is accepted as the first of its source', () => {
    expect(checkBroadcast(packetWith(), null, NOW, OPEN)).toMatchObject({ verdict: 'accept' })
  })

  it.each<[string, Partial<NtpFields>]>([
    ['mode', { mode: 4 }],
    ['mode', { mode: 6 }],
    ['version', { version: 0 }],
    ['version', { version: 5 }],
    ['crypto-nak', { mac: { keyId: 0, digest: new Uint8Array() } }],
    ['zero-timestamp', { transmitRaw: 0n }],
    ['kiss-code', { stratum: 0, referenceIdRaw: encodeReferenceId('RATE') }],
    ['stratum-unspecified', { stratum: 0, referenceIdRaw: 0 }],
    ['stratum-unsynchronised', { stratum: 16 }],
    ['stratum-unsynchronised', { stratum: 255 }],
    ['leap-unsynchronised', { leap: 3 }],
    ['root-distance', { rootDispersionNanos: 16n * SECOND, rootDelayNanos: 0n }],
    ['root-distance', { rootDispersionNanos: 0n, rootDelayNanos: 32n * SECOND }],
    ['duplicate', sentAt(LAST.transmitAt)],
    ['replayed', sentAt(LAST.transmitAt - 1n)],
    ['step', sentAt(NOW + SECOND + 1n)],
    ['step', sentAt(NOW - SECOND - 1n)],
  ])('is refused for its %s', (reason, changes) => {
    expect(reasonFor(changes)).toBe(reason)
  })

  it.each<[string, Partial<NtpFields>]>([
    ['version 1', { version: 1 }],
    ['stratum 15', { stratum: 15 }],
    ['an announced leap second', { leap: 1 }],
    ['a root distance below 16 s', { rootDispersionNanos: 16n * SECOND - 20_000_000n }],
    ['a root delay that halved is below 16 s', { rootDelayNanos: 31n * SECOND }],
    ['a step of 1 s', sentAt(NOW + SECOND)],
  ])('is accepted with %s', (_, changes) => {
    expect(reasonFor(changes)).toBe('accepted')
  })

  it('is measured against the local clock when it is the first, so that no forger is first', () => {
    const forged = packetWith(sentAt(NOW + 5n * SECOND))
    expect(checkBroadcast(forged, null, NOW, OPEN)).toEqual({ verdict: 'refuse', reason: 'step' })
  })

  it('is measured against the last one of its source from then on', () => {
    const behind = { ...LAST, receivedAt: LAST.receivedAt + 900_000_000n }
    const further = packetWith(sentAt(NOW - 1_800_000_000n))
    const back = packetWith(sentAt(NOW + 200_000_000n))
    expect(checkBroadcast(further, behind, NOW, OPEN)).toMatchObject({ verdict: 'accept' })
    expect(checkBroadcast(back, behind, NOW, OPEN)).toMatchObject({ reason: 'step' })
  })

  it('is measured against what was known before, so that none leads it further and further', () => {
    let last: BroadcastState = LAST
    for (let step = 1n; step <= 10n; step += 1n) {
      const receivedAt = NOW + step * SECOND
      const packet = packetWith(sentAt(receivedAt + step * 900_000_000n))
      const verdict = checkBroadcast(packet, last, receivedAt, OPEN)
      if (verdict.verdict === 'accept') last = verdict.state
    }
    expect(last.transmitAt - last.receivedAt).toBeLessThan(SECOND)
  })

  it('is never ahead of what an exchange has shown, and may be late', () => {
    const reference = { offsetNanos: 0n, uncertaintyNanos: 1_000n, at: NOW, confirmed: true }
    const confirmed = { ...LAST, reference }
    const heard = (ahead: bigint, at = NOW): string => {
      const verdict = checkBroadcast(packetWith(sentAt(at + ahead)), confirmed, at, OPEN)
      return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
    }
    expect([heard(900n), heard(2_000n), heard(-900_000_000n)]).toEqual([
      'accepted',
      'step',
      'accepted',
    ])
    // 500 ppm of 100 s
    expect(heard(49_000_000n, NOW + 100n * SECOND)).toBe('accepted')
    expect(heard(51_000_000n, NOW + 100n * SECOND)).toBe('step')
  })

  it('signed, is replayed when it is older than the last one, whatever the last one was', () => {
    const reference = { offsetNanos: 0n, uncertaintyNanos: 0n, at: NOW, confirmed: false }
    const ahead = { transmitAt: NOW + 1n, receivedAt: NOW - 900_000_000n, reference }
    const verdictOn = (changes: Partial<NtpFields>, policy: BroadcastPolicy) =>
      checkBroadcast(packetWith(changes), ahead, NOW, policy)
    expect(verdictOn({}, OPEN)).toMatchObject({ verdict: 'accept' })
    expect(verdictOn(signed(), SIGNED)).toMatchObject({ reason: 'replayed' })
  })

  it('may step by what the policy allows', () => {
    const policy = { ...OPEN, maximumStepNanos: 3600n * SECOND }
    expect(reasonFor(sentAt(NOW + 60n * SECOND), policy)).toBe('accepted')
  })

  it('goes on across 2036-02-07 06:28:16 UTC', () => {
    const era = Temporal.Instant.from('2036-02-07T06:28:16Z').epochNanoseconds
    const before = { transmitAt: era - SECOND, receivedAt: era - SECOND }
    const packet = { ...packetWith(), transmitAt: era + SECOND }
    expect(checkBroadcast(packet, before, era + SECOND, OPEN)).toMatchObject({ verdict: 'accept' })
  })
})

describe('a broadcast that must be signed', () => {
  it('is accepted with a right MAC', () => {
    expect(reasonFor(signed(), SIGNED)).toBe('accepted')
  })

  it('is refused without a MAC', () => {
    expect(reasonFor({}, SIGNED)).toBe('mac-missing')
  })

  it('is rejected with an unknown key', () => {
    const mac = { keyId: 9, digest: new Uint8Array(16) }
    expect(reasonFor({ mac }, SIGNED)).toBe('mac-unknown-key')
  })

  it('is refused with a MAC of another packet or key', () => {
    const { mac = null } = signed({ stratum: 1 })
    expect(reasonFor({ mac }, SIGNED)).toBe('mac-wrong')
    expect(reasonFor({ ...signed(), stratum: 3 }, SIGNED)).toBe('mac-wrong')
    const right = signed().mac?.digest ?? new Uint8Array()
    expect(reasonFor({ mac: { keyId: 2, digest: right } }, SIGNED)).toBe('mac-wrong')
  })
})

describe('a broadcast that need not be signed', () => {
  it('is rejected with a wrong MAC of a known key', () => {
    expect(reasonFor({ ...signed(), stratum: 3 }, { keys, required: false })).toBe('mac-wrong')
  })

  it('is accepted with a MAC that cannot be verified', () => {
    expect(reasonFor({ mac: { keyId: 9, digest: new Uint8Array(16) } })).toBe('accepted')
  })
})
