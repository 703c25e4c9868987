import { expect, it } from 'vitest'

import { inetNtop, type InternetAddress } from '../socket/socket-address.ts'
import { type AddressInfo, getaddrinfo, getnameinfo } from './getaddrinfo.ts'
import { ResolverError } from './resolver-error.ts'

function shown({ address, socketType, protocol }: AddressInfo): string {
  return `${inetNtop(address.bytes)} ${address.port} ${socketType} ${protocol}`
}

async function resolve(...question: Parameters<typeof getaddrinfo>): Promise<string[]> {
  return (await getaddrinfo(...question)).map(shown)
}

async function codeOf(...question: Parameters<typeof getaddrinfo>): Promise<string> {
  const error = await getaddrinfo(...question).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ResolverError)
  return (error as ResolverError).code
}

it('an address and a port come back for each type of socket', async () => {
  expect(await resolve('192.0.2.7', '80')).toEqual([
    '192.0.2.7 80 stream 6',
    '192.0.2.7 80 datagram 17',
    '192.0.2.7 80 raw 0',
  ])
})

it('each hint narrows the answer', async () => {
  expect(await resolve('192.0.2.7', 'domain', { socketType: 'datagram' })).toEqual([
    '192.0.2.7 53 datagram 17',
  ])
  expect(await resolve('192.0.2.7', '53', { protocol: 6 })).toEqual(['192.0.2.7 53 stream 6'])
  expect(await codeOf('192.0.2.7', '53', { family: 'IPv6' })).toBe('EAI_ADDRFAMILY')
})

it('no host is this one: loopback, or with AI_PASSIVE every address', async () => {
  const tcp = { socketType: 'stream' } as const
  expect((await resolve(undefined, '7', tcp)).toSorted()).toEqual([
    '127.0.0.1 7 stream 6',
    '::1 7 stream 6',
  ])
  const passive = await resolve(undefined, '7', { ...tcp, flags: ['AI_PASSIVE'] })
  expect(passive.toSorted()).toEqual(['0.0.0.0 7 stream 6', ':: 7 stream 6'])
})

it('AI_V4MAPPED gives IPv4-mapped addresses for IPv6', async () => {
  const hints = { family: 'IPv6', socketType: 'stream', flags: ['AI_V4MAPPED'] } as const
  expect(await resolve('192.0.2.7', '80', hints)).toEqual(['::ffff:192.0.2.7 80 stream 6'])
})

it('AI_CANONNAME gives the canonical name, once', async () => {
  const found = await getaddrinfo('localhost', undefined, { flags: ['AI_CANONNAME'] })
  expect(found[0]?.canonicalName).toBe('localhost')
  expect(found.slice(1).every(({ canonicalName }) => canonicalName === undefined)).toBe(true)
})

it('the zone of a link-local address is a number', async () => {
  const [found] = await getaddrinfo('fe80::1%lo', undefined, { socketType: 'stream' })
  expect(found?.address.scope).toBe(1)
})

it('errors are those of the resolver', async () => {
  expect(await codeOf('localhost', '80', { flags: ['AI_NUMERICHOST'] })).toBe('EAI_NONAME')
  expect(await codeOf('127.0.0.1', 'smtp', { flags: ['AI_NUMERICSERV'] })).toBe('EAI_NONAME')
  expect(await codeOf('127.0.0.1', 'no-such-service')).toBe('EAI_SERVICE')
  expect(await codeOf(undefined, undefined)).toBe('EAI_NONAME')
  expect(await codeOf('127.0.0.1', '80', { protocol: 99, socketType: 'stream' })).toBe(
    'EAI_SOCKTYPE',
  )
  expect(await codeOf(undefined, '80', { flags: ['AI_CANONNAME'] })).toBe('EAI_BADFLAGS')
  await expect(getaddrinfo('localhost', 'no-such-service')).rejects.toThrow(
    /^getaddrinfo localhost no-such-service: EAI_SERVICE \(.+\)$/,
  )
})

it('many questions at once do not mix', async () => {
  const hosts = Array.from({ length: 200 }, (_, index) => `10.9.8.${index}`)
  const answers = await Promise.all(hosts.map((host) => resolve(host, '9', { protocol: 17 })))
  expect(answers).toEqual(hosts.map((host) => [`${host} 9 datagram 17`]))
})

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

it('numbers stay numbers with AI_NUMERICHOST and AI_NUMERICSERV', async () => {
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
