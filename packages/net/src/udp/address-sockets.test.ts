import type { NetworkInterfaceInfo } from 'node:os'

import { expect, test } from 'vitest'

import { localAddresses } from './address-sockets.ts'

const info = (address: string): NetworkInterfaceInfo =>
  ({
    address,
    family: address.includes(':') ? 'IPv6' : 'IPv4',
    scopeid: address.startsWith('fe80') ? 2 : 0,
  }) as NetworkInterfaceInfo

const interfaces = {
  lo: [info('127.0.0.1'), info('::1')],
  eth0: [info('192.0.2.1'), info('192.0.2.9'), info('2001:db8::1'), info('fe80::1')],
}

test.each([
  ['::', undefined, ['127.0.0.1', '::1', '192.0.2.1', '192.0.2.9', '2001:db8::1', 'fe80::1%eth0']],
  ['::', 6, ['::1', '2001:db8::1', 'fe80::1%eth0']],
  ['0.0.0.0', undefined, ['127.0.0.1', '192.0.2.1', '192.0.2.9']],
  ['127.0.0.2', undefined, ['127.0.0.2']],
] as const)('%s, family %s, stands for %j', (host, family, addresses) => {
  expect(localAddresses(host, family, interfaces)).toEqual(addresses)
})
