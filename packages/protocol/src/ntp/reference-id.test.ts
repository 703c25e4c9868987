import { assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { encodeReferenceId, readReferenceId } from './reference-id.ts'

describe('a reference id', () => {
  it.each([
    [0, 0x52415445, 'kiss', 'RATE'],
    [0, 0x00000000, 'unknown', '0x00000000'],
    [1, 0x47505300, 'source', 'GPS'],
    [1, 0x4700_5053, 'unknown', '0x47005053'],
    [1, 0x1b5b_324a, 'unknown', '0x1b5b324a'],
    [2, 0xc0000207, 'address', '192.0.2.7'],
    [15, 0xffffffff, 'address', '255.255.255.255'],
    [16, 0x52415445, 'unknown', '0x52415445'],
  ])('at stratum %i, 0x%x is a %s: %s', (stratum, raw, kind, text) => {
    expect(readReferenceId(stratum, raw)).toEqual({ kind, text })
  })

  it('is always printable, from any sender', () => {
    const stratum = integer({ min: 0, max: 255 })
    assert(
      property(stratum, integer({ min: 0, max: 0xffff_ffff }), (at, raw) => {
        expect(readReferenceId(at, raw).text).toMatch(/^[\x21-\x7e]+$/)
      }),
    )
  })

  it('is encoded from a code or an IPv4 address', () => {
    expect(encodeReferenceId('LOCL')).toBe(0x4c4f434c)
    expect(encodeReferenceId('PPS')).toBe(0x50505300)
    expect(encodeReferenceId('192.0.2.7')).toBe(0xc0000207)
  })

  it.each(['', 'LOCAL', '256.0.0.1', '1.2.3.4.5', 'é', '1..2.3.4'])('is not %j', (text) => {
    expect(() => encodeReferenceId(text)).toThrow(RangeError)
  })
})
