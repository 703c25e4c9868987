import { describe, expect, it } from 'vitest'

import { macOf, type Authentication } from './authentication.ts'
import { checkRequest, checkReply } from './checks.ts'
import { fieldsWith, KEY, packetWith, NOW } from './fields.testing.ts'
import type { NtpKey } from './keys.ts'
import type { NtpFields } from './packet.ts'
import { encodeReferenceId } from './reference-id.ts'
import { toNtpTimestamp } from './timestamp.ts'

const signingKey: NtpKey = { ...KEY, type: 'SHA256' }
const requestKeys = new Map([[signingKey.id, signingKey]])

function requestReason(changes: Partial<NtpFields>, required = false): string {
  const verdict = checkRequest(packetWith({ mode: 3, ...changes }), { keys: requestKeys, required })
  return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
}

describe('a request', () => {
  it.each([1, 2, 3, 4])('of version %i is accepted', (version) => {
    expect(requestReason({ version })).toBe('accepted')
  })

  it.each([0, 5, 6, 7])('of version %i is refused', (version) => {
    expect(requestReason({ version })).toBe('version')
  })

  it.each([0, 1, 2, 4, 5, 6, 7])('of mode %i is refused', (mode) => {
    expect(requestReason({ mode })).toBe('mode')
  })

  it('without information about its own clock is accepted, as clients rightly send it', () => {
    expect(requestReason({ leap: 3, stratum: 0, precision: 32, transmitRaw: 0n })).toBe('accepted')
  })

  it.each([3, 4])('of version %i that is signed must be signed right', (version) => {
    const changes = { mode: 3, version }
    const mac = macOf(signingKey, fieldsWith(changes), version === 3 ? 32 : 20)
    expect(requestReason({ version, mac })).toBe('accepted')
    expect(requestReason({ version, mac, poll: 9 })).toBe('mac-wrong')
    expect(requestReason({ version, mac: { ...mac, keyId: 7 } })).toBe('mac-unknown-key')
    expect(requestReason({ version, mac: { keyId: 0, digest: new Uint8Array() } })).toBe(
      'crypto-nak',
    )
  })

  it('is refused unsigned where a key is required', () => {
    expect(requestReason({}, true)).toBe('mac-missing')
  })
})

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

function replyReason(
  changes: Partial<NtpFields>,
  request = REQUEST,
  authentication = OPEN,
): string {
  const verdict = checkReply(packetWith({ ...REPLY, ...changes }), request, authentication)
  return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
}

describe('a reply', () => {
  it('is accepted when it answers the request', () => {
    expect(replyReason({})).toBe('accepted')
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
    expect(replyReason(changes)).toBe(reason)
  })

  it('is a duplicate once the request was answered', () => {
    expect(replyReason({}, { ...REQUEST, answered: true })).toBe('duplicate')
  })

  it('must be signed where a key is required, a kiss too', () => {
    const authentication = { keys, required: true }
    const mac = macOf(KEY, fieldsWith(REPLY))
    expect(replyReason({ mac }, REQUEST, authentication)).toBe('accepted')
    expect(replyReason({ mac, poll: 3 }, REQUEST, authentication)).toBe('mac-wrong')
    expect(replyReason(kiss('DENY'), REQUEST, authentication)).toBe('mac-missing')
  })
})
