import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseKeys } from './keys.ts'

function secretOf(line: string): string | undefined {
  const key = [...parseKeys(line).keys.values()][0]
  return key && new TextDecoder().decode(key.secret)
}

function reasonFor(line: string): string | undefined {
  return parseKeys(line).refused[0]?.message
}

describe('a key file', () => {
  it('is read line by line, comments left out', () => {
    const text = [
      '# a comment',
      '! chrony has',
      '; four kinds',
      '% of them',
      '',
      '10 SHA1 ASCII:swordfish # of two',
      '  20\tAES128 HEX:000102030405060708090a0b0c0d0e0f\r',
    ]
    const { keys, refused } = parseKeys(text.join('\n'))
    expect(refused).toEqual([])
    expect([...keys.values()]).toEqual([
      { id: 10, type: 'SHA1', secret: new TextEncoder().encode('swordfish') },
      { id: 20, type: 'AES128', secret: Uint8Array.from({ length: 16 }, (_, index) => index) },
    ])
  })

  it.each(['AES', 'AES128', 'aes-128', 'AES128CMAC', 'AES-CMAC', 'AES-128-CMAC'])(
    'takes %s for AES-CMAC',
    (type) => {
      expect(parseKeys(`1 ${type} 0123456789abcdef`).keys.get(1)?.type).toBe('AES128')
    },
  )

  it.each([
    ['SHA1', 'SHA1'],
    ['sha-1', 'SHA1'],
    ['SHA256', 'SHA256'],
    ['SHA-256', 'SHA256'],
  ])('takes %s for %s', (name, type) => {
    expect(parseKeys(`1 ${name} secret`).keys.get(1)?.type).toBe(type)
  })

  it('reads a bare key as ntpd and chrony do', () => {
    expect(secretOf('1 SHA1 4142434445')).toBe('4142434445')
    expect(secretOf('1 SHA1 4142434445464748494a4b')).toBe('ABCDEFGHIJK')
    expect(secretOf('1 SHA1 this-is-longer-than-twenty')).toBe('this-is-longer-than-twenty')
    expect(secretOf('1 SHA1 sword#fish')).toBe('sword#fish')
  })

  it.each([
    ['1 MD5 secret', 'MD5 is broken and not supported (RFC 8573): use AES128, SHA1 or SHA256'],
    ['1 m secret', 'MD5 is broken and not supported (RFC 8573): use AES128, SHA1 or SHA256'],
    ['1 secret', 'MD5 is broken and not supported (RFC 8573): use AES128, SHA1 or SHA256'],
    ['1 AES256 secret', 'this key type is not supported: use AES128, SHA1 or SHA256'],
    ['0 SHA1 secret', 'the key id must be 1 to 4294967295'],
    ['4294967296 SHA1 secret', 'the key id must be 1 to 4294967295'],
    ['0x10 SHA1 secret', 'the key id must be 1 to 4294967295'],
    ['1 AES128 short', 'an AES128 key has 16 octets, not 5'],
    ['1 SHA1 HEX:abc', 'the key must be pairs of hexadecimal digits'],
    ['1 SHA1 HEX:', 'the key must be pairs of hexadecimal digits'],
    ['1 SHA1 ASCII:', 'the key is empty'],
    ['1 SHA1 secret 192.0.2.1', 'keys bound to addresses are not supported'],
    ['1 SHA1 a b c', 'must be: id type key'],
  ])('refuses "%s": %s', (line, reason) => {
    expect(reasonFor(line)).toBe(`ntp.keys: line 1: ${reason}`)
  })

  it('keeps the good lines, and the first of two with one id', () => {
    const { keys, refused } = parseKeys('1 MD5 x\n2 SHA1 first\n2 SHA1 second\n3 SHA1 third')
    expect([...keys.keys()]).toEqual([2, 3])
    expect(new TextDecoder().decode(keys.get(2)?.secret)).toBe('first')
    expect(refused.map(({ field, reason }) => `${field}: ${reason}`)).toEqual([
      expect.stringContaining('line 1: MD5'),
      'line 3: key 2 is already there',
    ])
  })

  it('may be any text at all, and no reason repeats a secret', () => {
    assert(property(string({ unit: 'binary' }), (text) => parseKeys(text) !== undefined))
    expect(reasonFor('1 AES128 hunter2')).not.toContain('hunter2')
    expect(reasonFor('1 hunter2')).not.toContain('hunter2')
  })
})
