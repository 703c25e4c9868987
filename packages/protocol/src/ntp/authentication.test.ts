import { assert, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { macOf, verifyMac, aesCmac } from './authentication.ts'
import { decodeNtpPacket, encodeNtpPacket } from './codec.ts'
import { anyFields, fieldsWith, NOW } from './fields.testing.ts'
import type { NtpKey, NtpKeyType } from './keys.ts'

const SECRET = new TextEncoder().encode('swordfish-swordf')

function keyOf(type: NtpKeyType, secret = SECRET): NtpKey {
  return { id: 42, type, secret }
}

function decoded(bytes: Uint8Array) {
  const result = decodeNtpPacket(bytes, NOW)
  if (!result.ok) throw result.error
  return result.value
}

/** 25 01 06 ec, then octets counting from 4 to 47. */
const PACKET = decoded(
  Uint8Array.from({ length: 48 }, (_, index) => [0x25, 1, 6, 0xec][index] ?? index),
)

/** As `openssl mac` and `openssl dgst` give them for that key and packet. */
const AES_CMAC = '6a9092293d9e7ab94ae0fea1e9ef75a7'
const SHA1 = '8581b33902a1292b3ab322e2afe3f0dae4c44762'
const SHA256 = '4483a8d79caccfa5b1e4a1c8151377d5a916d5ee8a16fad9803387267e6d64f7'

const TYPES: readonly NtpKeyType[] = ['AES128', 'SHA1', 'SHA256']

describe('a MAC', () => {
  it.each([
    ['AES128', AES_CMAC],
    ['SHA1', SHA1],
    ['SHA256', SHA256.slice(0, 40)],
  ] as const)('made with %s is what OpenSSL makes, cut to 20 octets', (type, digest) => {
    const mac = macOf(keyOf(type), PACKET)
    expect(mac).toMatchObject({ keyId: 42 })
    expect(Buffer.from(mac.digest).toString('hex')).toBe(digest)
  })

  it('can be a whole SHA256 digest, as chrony sends in version 3', () => {
    const fields = fieldsWith({ version: 3, mode: 3 })
    const mac = macOf(keyOf('SHA256'), fields, 32)
    expect(mac.digest).toHaveLength(32)
    const packet = decoded(encodeNtpPacket({ ...fields, mac }))
    expect(verifyMac(keyOf('SHA256'), packet)).toBe(true)
  })

  it.each(TYPES)('made with %s is right after a journey over the wire', (type) => {
    assert(
      property(anyFields, (fields) => {
        const mac = macOf(keyOf(type), fields)
        const packet = decoded(encodeNtpPacket({ ...fields, mac }))
        expect(verifyMac(keyOf(type), packet)).toBe(true)
      }),
    )
  })

  it.each(TYPES)('made with %s is wrong once any bit of the packet is another', (type) => {
    const extensions = [{ type: 1, value: new Uint8Array(12) }]
    const fields = fieldsWith({ extensions })
    const bytes = encodeNtpPacket({ ...fields, mac: macOf(keyOf(type), fields) })
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const forged = bytes.slice()
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const result = decodeNtpPacket(forged, NOW)
      expect(result.ok && verifyMac(keyOf(type), result.value)).toBe(false)
    }
  })

  it('is wrong with another key, another id, or cut short', () => {
    const key = keyOf('SHA1')
    const mac = macOf(key, PACKET)
    expect(verifyMac(key, { ...PACKET, mac })).toBe(true)
    expect(verifyMac(keyOf('SHA1', new Uint8Array(16)), { ...PACKET, mac })).toBe(false)
    expect(verifyMac({ ...key, id: 43 }, { ...PACKET, mac })).toBe(false)
    for (let length = 0; length < 20; length += 1) {
      const cut = { keyId: 42, digest: mac.digest.slice(0, length) }
      expect(verifyMac(key, { ...PACKET, mac: cut })).toBe(false)
    }
  })

  it('is wrong when there is none', () => {
    expect(verifyMac(keyOf('SHA1'), { ...PACKET, mac: null })).toBe(false)
  })
})

/** RFC 4493, section 4. */
const KEY = Uint8Array.fromHex('2b7e151628aed2a6abf7158809cf4f3c')
const MESSAGE = Uint8Array.fromHex(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
)

describe('AES-CMAC', () => {
  it.each([
    [0, 'bb1d6929e95937287fa37d129b756746'],
    [16, '070a16b46b4d4144f79bdd9dd04a287c'],
    [40, 'dfa66747de9ae63030ca32611497c827'],
    [64, '51f0bebf7e3b9d92fc49741779363cfe'],
  ])('of the first %i octets is as RFC 4493 says', (length, expected) => {
    expect(aesCmac(KEY, MESSAGE.subarray(0, length)).toHex()).toBe(expected)
  })
})
