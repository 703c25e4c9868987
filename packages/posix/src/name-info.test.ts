import { expect, it } from 'vitest'

import { getnameinfo } from './name-info.ts'
import type { InternetAddress } from './socket-address.ts'

const LOOPBACK: InternetAddress = {
  family: 'IPv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port: 514,
  scope: 0,
}
const NAMELESS: InternetAddress = { ...LOOPBACK, bytes: Uint8Array.of(0, 0, 0, 1), port: 1 }

it('an address and a port have names', async () => {
  expect(await getnameinfo(LOOPBACK, '127.0.0.1')).toEqual({ host: 'localhost', service: 'shell' })
})

it('the same port is another service over UDP', async () => {
  const { service } = await getnameinfo(LOOPBACK, '127.0.0.1', ['NI_DGRAM'])
  expect(service).toBe('syslog')
})

it('numbers stay numbers when that is asked for', async () => {
  const flags = ['NI_NUMERICHOST', 'NI_NUMERICSERV'] as const
  const numbers = { host: '127.0.0.1', service: '514' }
  expect(await getnameinfo(LOOPBACK, '127.0.0.1', flags)).toEqual(numbers)
  const linkLocal = Uint8Array.of(0xfe, 0x80, ...Array<number>(13).fill(0), 1)
  const address = { family: 'IPv6', bytes: linkLocal, port: 7, scope: 1 } as const
  expect((await getnameinfo(address, 'fe80::1', flags)).host).toBe('fe80::1%lo')
})

it('an address without a name is its number, or with NI_NAMEREQD an error', async () => {
  expect((await getnameinfo(NAMELESS, '0.0.0.1')).host).toBe('0.0.0.1')
  await expect(getnameinfo(NAMELESS, '0.0.0.1', ['NI_NAMEREQD'])).rejects.toThrow(
    /^getnameinfo 0\.0\.0\.1: EAI_(NONAME|AGAIN) \(.+\)$/,
  )
})
