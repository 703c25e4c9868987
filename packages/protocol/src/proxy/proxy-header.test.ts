import { assert, integer, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { decodeProxyHeader, encodeProxyHeader } from './proxy-header.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'
const IPV4 = `${SIGNATURE}2111000cc0000201c6336407d43107e4`

const decode = (hex: string) => decodeProxyHeader(Uint8Array.fromHex(hex))

test('a header over IPv4, byte for byte', () => {
  expect(decode(IPV4)).toEqual({
    ok: true,
    value: {
      length: 28,
      command: 'proxy',
      endpoints: {
        source: { address: Uint8Array.of(192, 0, 2, 1), port: 54_321 },
        destination: { address: Uint8Array.of(198, 51, 100, 7), port: 2020 },
      },
    },
  })
})

test('TLVs after the addresses are skipped', () => {
  const withTlv = IPV4.replace('000c', '0011').concat('0300020a0b', '68690a')
  expect(decode(withTlv)).toMatchObject({ ok: true, value: { length: 33, command: 'proxy' } })
})

test.each([
  ['local, whatever its family', `${SIGNATURE}20ff0003ffffff`, 19, 'local'],
  ['AF_UNSPEC', `${SIGNATURE}21000000`, 16, 'proxy'],
  ['AF_UNIX', `${SIGNATURE}213100d8${'2f'.repeat(216)}`, 232, 'proxy'],
])('%s tells no address', (_, hex, length, command) => {
  expect(decode(hex)).toEqual({ ok: true, value: { length, command, endpoints: undefined } })
})

test('every beginning of a header may become one', () => {
  for (let end = 0; end < IPV4.length; end += 2)
    expect(decode(IPV4.slice(0, end))).toEqual({ ok: true, value: undefined })
})

test.each([
  ['the text of version 1', Buffer.from('PROXY TCP4 ').toString('hex'), 'signature'],
  ['a line of a client', Buffer.from('\r\nhello').toString('hex'), 'signature'],
  ['version 1', `${SIGNATURE}11110000`, 'ver_cmd'],
  ['an unknown command', `${SIGNATURE}22110000`, 'ver_cmd'],
  ['an unknown family', `${SIGNATURE}21410000`, 'fam'],
  ['an unknown transport', `${SIGNATURE}2113000c`, 'fam'],
  ['a length without room for its addresses', `${SIGNATURE}2121000c`, 'len'],
  ['a length of more than 4096 B', `${SIGNATURE}21110ff1`, 'len'],
])('%s is malformed', (_, hex, field) => {
  expect(decode(hex)).toMatchObject({ ok: false, error: { protocol: 'proxy', field } })
})

test('what is encoded is decoded, IPv4 and IPv6', () => {
  const port = integer({ min: 0, max: 0xffff })
  const addresses = integer({ min: 0, max: 1 }).chain((six) => {
    const length = six === 1 ? 16 : 4
    return uint8Array({ minLength: 2 * length, maxLength: 2 * length })
  })
  assert(
    property(addresses, port, port, (both, one, other) => {
      const half = both.length / 2
      const source = { address: both.slice(0, half), port: one }
      const destination = { address: both.slice(half), port: other }
      const bytes = encodeProxyHeader(source, destination)
      const endpoints = { source, destination }
      const value = { length: bytes.length, command: 'proxy', endpoints }
      expect(decodeProxyHeader(bytes)).toEqual({ ok: true, value })
    }),
  )
})

test('ends of two families are no connection', () => {
  const ends = [4, 16].map((length) => ({ address: new Uint8Array(length), port: 1 }))
  const [four = expect.fail(), six = expect.fail()] = ends
  expect(() => encodeProxyHeader(four, six)).toThrow(RangeError)
})

test(
  '10^6 mutated headers: nothing is thrown, each takes far less than 1 ms',
  { timeout: MANY_INPUTS_MILLIS },
  () => {
    const seeds = [IPV4, `${SIGNATURE}20ff0003ffffff`].map((hex) => Uint8Array.fromHex(hex))
    expect(feedMutated(seeds, 1_000_000, decodeProxyHeader)).toBeLessThan(0.1)
  },
)
