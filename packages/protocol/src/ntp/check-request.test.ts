import { describe, expect, it } from 'vitest'

import { checkRequest } from './check-request.ts'
import { fieldsWith, KEY, packetWith } from './fields.testing.ts'
import type { NtpKey } from './keys.ts'
import { macOf } from './mac.ts'
import type { NtpFields } from './packet.ts'

const key: NtpKey = { ...KEY, type: 'SHA256' }
const keys = new Map([[key.id, key]])

function reasonFor(changes: Partial<NtpFields>, required = false): string {
  const verdict = checkRequest(packetWith({ mode: 3, ...changes }), { keys, required })
  return verdict.verdict === 'accept' ? 'accepted' : verdict.reason
}

describe('a request', () => {
  it.each([1, 2, 3, 4])('of version %i is accepted', (version) => {
    expect(reasonFor({ version })).toBe('accepted')
  })

  it.each([0, 5, 6, 7])('of version %i is refused', (version) => {
    expect(reasonFor({ version })).toBe('version')
  })

  it.each([0, 1, 2, 4, 5, 6, 7])('of mode %i is refused', (mode) => {
    expect(reasonFor({ mode })).toBe('mode')
  })

  it('that says nothing about its own clock is accepted, as clients rightly send it', () => {
    expect(reasonFor({ leap: 3, stratum: 0, precision: 32, transmitRaw: 0n })).toBe('accepted')
  })

  it.each([3, 4])('of version %i that is signed must be signed right', (version) => {
    const changes = { mode: 3, version }
    const mac = macOf(key, fieldsWith(changes), version === 3 ? 32 : 20)
    expect(reasonFor({ version, mac })).toBe('accepted')
    expect(reasonFor({ version, mac, poll: 9 })).toBe('mac-wrong')
    expect(reasonFor({ version, mac: { ...mac, keyId: 7 } })).toBe('mac-unknown-key')
    expect(reasonFor({ version, mac: { keyId: 0, digest: new Uint8Array() } })).toBe('crypto-nak')
  })

  it('is refused unsigned where a key is required', () => {
    expect(reasonFor({}, true)).toBe('mac-missing')
  })
})
