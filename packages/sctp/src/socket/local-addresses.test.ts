import type { NetworkInterfaceInfo } from 'node:os'

import { expect, test } from 'vitest'

import { localAddresses } from './local-addresses.ts'

const info = (address: string): NetworkInterfaceInfo =>
  ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo

const interfaces = {
  lo: [info('127.0.0.1'), info('::1')],
  eth0: [info('192.0.2.1'), info('192.0.2.9'), info('2001:db8::1'), info('fe80::1')],
}

test.each([
  ['::', ['127.0.0.1', '::1', '192.0.2.1', '192.0.2.9', '2001:db8::1', 'fe80::1%eth0']],
  ['0.0.0.0', ['127.0.0.1', '192.0.2.1', '192.0.2.9']],
  ['127.0.0.2', ['127.0.0.2']],
])('%s stands for the addresses of its families', (host, addresses) => {
  expect(localAddresses(host, interfaces)).toEqual(addresses)
})
