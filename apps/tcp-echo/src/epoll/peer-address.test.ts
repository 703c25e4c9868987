import { presentationToBytes } from '@sockyard/posix/presentation'
import { expect, it } from 'vitest'

import { peerAddress } from './peer-address.ts'

it.each([
  ['192.0.2.1', 0, '192.0.2.1'],
  ['::ffff:192.0.2.1', 0, '192.0.2.1'],
  ['2001:db8::1', 0, '2001:db8::1'],
  ['fe80::1', 3, 'fe80::1%3'],
])('%s with scope %d is %s', (text, scope, address) => {
  const bytes = presentationToBytes(text) ?? new Uint8Array()
  const family = bytes.length === 4 ? 'IPv4' : 'IPv6'
  expect(peerAddress({ family, bytes, port: 7, scope })).toEqual({ address, port: 7 })
})

it('a peer that has gone, or comes from a path, has none', () => {
  expect(peerAddress(undefined)).toBeUndefined()
  expect(peerAddress({ family: 'unix', path: '/x' })).toBeUndefined()
})
