import { describe, expect, it } from 'vitest'

import type { Authentication } from './authentication.ts'
import { checkReply } from './check-reply.ts'
import { fieldsWith, KEY, NOW, packetWith } from './fields.testing.ts'
import { macOf } from './mac.ts'
import type { NtpFields } from './packet.ts'
import { encodeReferenceId } from './reference-id.ts'
import { toNtpTimestamp } from './timestamp.ts'

const REQUEST = { transmitRaw: 0x0123_4567_89ab_cdefn, answered: false }
const OPEN: Authentication = { keys: new Map(), required: false }
const keys = new Map([[KEY.id, KEY]])

const REPLY: Partial<NtpFields> = {
  mode: 4,
  originRaw: REQUEST.transmitRaw,
  receiveRaw: toNtpTimestamp(NOW),
  transmitRaw: toNtpTimestamp(NOW + 1_000n),
}

function kiss(code: string): Partial<NtpFields> {
  const referenceIdRaw = encodeReferenceId(code)
  return { leap: 3, stratum: 0, referenceIdRaw, receiveRaw: 0n, transmitRaw: 0n }
}

function reasonFor(changes: Partial<NtpFields>, request = REQUEST, authentication = OPEN): string {
  const verdict = checkReply(packetWith({ ...REPLY, ...changes }), request, authentication)
  return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
}

describe('a reply', () => {
  it('is accepted when it answers our request', () => {
    expect(reasonFor({})).toBe('accepted')
  })

  it.each<[string, Partial<NtpFields>]>([
    ['mode', { mode: 5 }],
    ['version', { version: 7 }],
    ['bogus-origin', { originRaw: REQUEST.transmitRaw + 1n }],
    ['bogus-origin', { originRaw: 0n }],
    ['bogus-origin', { ...kiss('DENY'), originRaw: 0n }],
    ['crypto-nak', { mac: { keyId: 0, digest: new Uint8Array() } }],
    ['kiss-rate', kiss('RATE')],
    ['kiss-deny', kiss('DENY')],
    ['kiss-deny', kiss('RSTR')],
    ['kiss-code', kiss('STEP')],
    ['zero-timestamp', { receiveRaw: 0n }],
    ['zero-timestamp', { transmitRaw: 0n }],
    ['stratum-unspecified', { stratum: 0, referenceIdRaw: 0 }],
    ['stratum-unsynchronised', { stratum: 16 }],
    ['leap-unsynchronised', { leap: 3 }],
    ['root-distance', { rootDispersionNanos: 16_000_000_000n }],
  ])('is refused for its %s', (reason, changes) => {
    expect(reasonFor(changes)).toBe(reason)
  })

  it('is a duplicate once the request was answered', () => {
    expect(reasonFor({}, { ...REQUEST, answered: true })).toBe('duplicate')
  })

  it('must be signed where a key is required, a kiss too', () => {
    const authentication = { keys, required: true }
    const mac = macOf(KEY, fieldsWith(REPLY))
    expect(reasonFor({ mac }, REQUEST, authentication)).toBe('accepted')
    expect(reasonFor({ mac, poll: 3 }, REQUEST, authentication)).toBe('mac-wrong')
    expect(reasonFor(kiss('DENY'), REQUEST, authentication)).toBe('mac-missing')
  })
})
