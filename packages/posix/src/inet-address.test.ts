import { expect, it } from 'vitest'

import { inet_aton, inet_ntop, inet_pton } from './inet-address.ts'

it('presentation to bytes and back', () => {
  for (const text of ['0.0.0.0', '192.0.2.7', '::', 'fe80::1', '::ffff:192.0.2.7']) {
    const bytes = inet_pton(text.includes(':') ? 'IPv6' : 'IPv4', text)
    expect(bytes && inet_ntop(bytes)).toBe(text)
  }
})

it('what is no address of the family has no bytes', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', '::1', 'localhost'])
    expect(inet_pton('IPv4', text)).toBeUndefined()
  for (const text of ['', '1.2.3.4', ':::', 'fe80::1%lo'])
    expect(inet_pton('IPv6', text)).toBeUndefined()
  expect(() => inet_ntop(new Uint8Array(5))).toThrow(RangeError)
})

it('inet_aton takes the classic forms', () => {
  for (const text of ['127.1', '0x7f.1', '017700000001', '2130706433'])
    expect(inet_aton(text)?.join('.')).toBe('127.0.0.1')
  expect(inet_aton('127.0.0.1.1')).toBeUndefined()
})
