import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import { expect, it } from 'vitest'

import { SystemCallError } from '../ffi/libc.ts'
import { ClosedDescriptorError } from '../socket/descriptor.ts'
import { NativeSocket } from '../socket/native-socket.ts'
import type { InternetAddress } from '../socket/socket-address.ts'
import { socketOptions } from './socket-option-table.ts'
import {
  SocketOptionAccessError,
  SocketOptionValueError,
  UnknownSocketOptionError,
  findSocketOption,
  getSocketOption,
  setSocketOption,
} from './socket-options.ts'

const LOOPBACK: InternetAddress = {
  family: 'IPv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port: 0,
  scope: 0,
}

const tcp = (): NativeSocket => NativeSocket.open({ family: 'IPv4', type: 'stream' })
const udp = (): NativeSocket => NativeSocket.open({ family: 'IPv4', type: 'datagram' })
const udp6 = (): NativeSocket => NativeSocket.open({ family: 'IPv6', type: 'datagram' })

/** The table "Generic Socket Options" of the classic texts, and the options of their multicast chapters. */
const SEEDS = [
  'SO_ACCEPTCONN',
  'SO_BROADCAST',
  'SO_DEBUG',
  'SO_DONTROUTE',
  'SO_ERROR',
  'SO_KEEPALIVE',
  'SO_LINGER',
  'SO_OOBINLINE',
  'SO_RCVBUF',
  'SO_RCVLOWAT',
  'SO_RCVTIMEO',
  'SO_REUSEADDR',
  'SO_SNDBUF',
  'SO_SNDLOWAT',
  'SO_SNDTIMEO',
  'SO_TYPE',
  'IP_ADD_MEMBERSHIP',
  'IP_DROP_MEMBERSHIP',
  'IP_MULTICAST_IF',
  'IP_MULTICAST_LOOP',
  'IP_MULTICAST_TTL',
]

it('knows every option of the classic programs, each once', () => {
  for (const name of SEEDS) expect(findSocketOption(name).name).toBe(name)
  expect(new Set(socketOptions.map(({ name }) => name)).size).toBe(socketOptions.length)
  const numbers = socketOptions.map(({ level, number }) => `${level} ${number}`)
  expect(new Set(numbers).size).toBe(socketOptions.length)
})

it('the kernel knows every option that can be read', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  using datagrams = udp()
  datagrams.connect({ ...LOOPBACK, port: 9 })
  using datagrams6 = udp6()
  datagrams6.connect({
    ...LOOPBACK,
    family: 'IPv6',
    bytes: new Uint8Array(16).fill(1, 15),
    port: 9,
  })
  using unix = NativeSocket.open({ family: 'unix', type: 'stream' })
  const targets = [client, datagrams, datagrams6, unix]
  const unknown: string[] = []
  for (const { name } of socketOptions.filter(({ readable }) => readable)) {
    const values = targets.flatMap((target) => valueIfAny(() => getSocketOption(target, name)))
    if (values.length === 0) unknown.push(name)
  }
  expect(unknown).toEqual([])
  client.destroy()
  server.close()
})

function valueIfAny(get: () => unknown): unknown[] {
  try {
    return [get()]
  } catch (error) {
    if (error instanceof SystemCallError) return []
    throw error
  }
}

it('what is set can be read', () => {
  using stream = tcp()
  using datagrams = udp()
  using datagrams6 = udp6()
  setSocketOption(stream, 'SO_KEEPALIVE', true)
  expect(getSocketOption(stream, 'SO_KEEPALIVE')).toBe(true)
  setSocketOption(stream, 'SO_KEEPALIVE', false)
  expect(getSocketOption(stream, 'SO_KEEPALIVE')).toBe(false)
  setSocketOption(stream, 'SO_LINGER', { on: true, seconds: 7 })
  expect(getSocketOption(stream, 'SO_LINGER')).toEqual({ on: true, seconds: 7 })
  setSocketOption(stream, 'SO_RCVTIMEO', 1_500)
  expect(getSocketOption(stream, 'SO_RCVTIMEO')).toBe(1_500)
  setSocketOption(stream, 'TCP_USER_TIMEOUT', 45_000)
  expect(getSocketOption(stream, 'TCP_USER_TIMEOUT')).toBe(45_000)
  setSocketOption(stream, 'TCP_CONGESTION', getSocketOption(stream, 'TCP_CONGESTION'))
  setSocketOption(stream, 'SO_RCVBUF', 20_000)
  expect(getSocketOption(stream, 'SO_RCVBUF')).toBe(40_000)
  setSocketOption(datagrams, 'SO_BINDTODEVICE', 'lo')
  expect(getSocketOption(datagrams, 'SO_BINDTODEVICE')).toBe('lo')
  setSocketOption(datagrams, 'IP_MULTICAST_IF', '127.0.0.1')
  expect(getSocketOption(datagrams, 'IP_MULTICAST_IF')).toBe('127.0.0.1')
  setSocketOption(datagrams, 'IP_MULTICAST_TTL', 9)
  expect(getSocketOption(datagrams, 'IP_MULTICAST_TTL')).toBe(9)
  setSocketOption(datagrams, 'IP_MULTICAST_ALL', false)
  expect(getSocketOption(datagrams, 'IP_MULTICAST_ALL')).toBe(false)
  setSocketOption(datagrams6, 'IPV6_MULTICAST_IF', 1)
  expect(getSocketOption(datagrams6, 'IPV6_MULTICAST_IF')).toBe(1)
  setSocketOption(datagrams6, 'IPV6_MULTICAST_HOPS', 3)
  expect(getSocketOption(datagrams6, 'IPV6_MULTICAST_HOPS')).toBe(3)
})

it('reading SO_RCVTIMEO’s effect: a blocking receive gives up', () => {
  using socket = udp()
  setSocketOption(socket, 'SO_RCVTIMEO', 20)
  expect(socket.receive(new Uint8Array(1))).toBeUndefined()
})

it('a group is joined and left in each of the ways there are', () => {
  const group = '239.255.77.1'
  const source = '127.0.0.9'
  using receiver = udp()
  setSocketOption(receiver, 'IP_ADD_MEMBERSHIP', { group, localAddress: '127.0.0.1' })
  setSocketOption(receiver, 'IP_DROP_MEMBERSHIP', { group, interfaceIndex: 1 })
  setSocketOption(receiver, 'MCAST_JOIN_GROUP', { group, interfaceIndex: 1 })
  setSocketOption(receiver, 'MCAST_BLOCK_SOURCE', { group, source, interfaceIndex: 1 })
  setSocketOption(receiver, 'MCAST_UNBLOCK_SOURCE', { group, source, interfaceIndex: 1 })
  setSocketOption(receiver, 'MCAST_LEAVE_GROUP', { group, interfaceIndex: 1 })
  setSocketOption(receiver, 'MCAST_JOIN_SOURCE_GROUP', { group, source, interfaceIndex: 1 })
  setSocketOption(receiver, 'MCAST_LEAVE_SOURCE_GROUP', { group, source, interfaceIndex: 1 })
  const localAddress = '127.0.0.1'
  setSocketOption(receiver, 'IP_ADD_SOURCE_MEMBERSHIP', { group, source, localAddress })
  setSocketOption(receiver, 'IP_DROP_SOURCE_MEMBERSHIP', { group, source, localAddress })
  expect(() => setSocketOption(receiver, 'IP_DROP_MEMBERSHIP', { group })).toThrow(
    'setsockopt: EADDRNOTAVAIL',
  )
})

it('a joined group is received, and IPv6 groups are joined by either call', () => {
  const group = '239.255.77.2'
  using receiver = udp()
  setSocketOption(receiver, 'IP_ADD_MEMBERSHIP', { group, interfaceIndex: 1 })
  receiver.bind({ ...LOOPBACK, bytes: Uint8Array.of(239, 255, 77, 2) })
  const local = receiver.localAddress()
  using sender = udp()
  setSocketOption(sender, 'IP_MULTICAST_IF', '127.0.0.1')
  if (local !== undefined) sender.sendTo(Buffer.from('all'), local)
  expect(receiver.receive(new Uint8Array(8))).toBe(3)
  using receiver6 = udp6()
  const joined = { group: 'ff15::77', interfaceIndex: 1 }
  setSocketOption(receiver6, 'IPV6_JOIN_GROUP', joined)
  setSocketOption(receiver6, 'IPV6_LEAVE_GROUP', joined)
  setSocketOption(receiver6, 'MCAST_JOIN_GROUP', joined)
  setSocketOption(receiver6, 'MCAST_LEAVE_GROUP', joined)
})

it('speaks with the sockets of Node as well', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(getSocketOption(server, 'SO_ACCEPTCONN')).toBe(true)
  const { port } = server.address() as { port: number }
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  client.setNoDelay(true)
  expect(getSocketOption(client, 'TCP_NODELAY')).toBe(true)
  expect(getSocketOption(client, 'TCP_INFO').state).toBe('ESTABLISHED')
  const datagrams = createSocket('udp4')
  expect(() => getSocketOption(datagrams, 'SO_TYPE')).toThrow(ClosedDescriptorError)
  await new Promise<void>((resolve) => datagrams.bind(0, '127.0.0.1', resolve))
  expect(getSocketOption(datagrams, 'SO_TYPE')).toBe(2)
  client.destroy()
  await once(client, 'close')
  expect(() => getSocketOption(client, 'SO_TYPE')).toThrow(ClosedDescriptorError)
  await new Promise<void>((resolve) => datagrams.close(resolve))
  expect(() => getSocketOption(datagrams, 'SO_TYPE')).toThrow(ClosedDescriptorError)
  server.close()
  expect(() => getSocketOption(server, 'SO_TYPE')).toThrow(ClosedDescriptorError)
})

it('reports an invalid name or value', () => {
  using socket = tcp()
  expect(() => findSocketOption('SO_NOSUCH')).toThrow(UnknownSocketOptionError)
  expect(() => setSocketOption(socket, 'SO_TYPE', 1)).toThrow(SocketOptionAccessError)
  expect(() => getSocketOption(socket, 'SO_RCVBUFFORCE')).toThrow('can be set only')
  const refused: (() => void)[] = [
    () => setSocketOption(socket, 'SO_RCVBUF', 2 ** 31),
    () => setSocketOption(socket, 'SO_RCVBUF', 1.5),
    () => setSocketOption(socket, 'SO_SNDTIMEO', -1),
    () => setSocketOption(socket, 'SO_LINGER', { on: true, seconds: -1 }),
    () => setSocketOption(socket, 'SO_BINDTODEVICE', 'a-name-that-is-too-long'),
    () => setSocketOption(socket, 'IP_MULTICAST_IF', '::1'),
    () => setSocketOption(socket, 'IP_ADD_MEMBERSHIP', { group: 'ff02::1' }),
    () => setSocketOption(socket, 'MCAST_JOIN_GROUP', { group: '224.0.0.9', interfaceIndex: -1 }),
  ]
  for (const refuse of refused) expect(refuse).toThrow(SocketOptionValueError)
  expect(refused[0]).toThrow('SO_RCVBUF is a whole number of 32 bits, signed, not 2147483648')
  expect(() => setSocketOption(socket, 'UDP_GRO', true)).toThrow('setsockopt: ENOPROTOOPT')
  expect(() => setSocketOption(socket, 'SO_BINDTODEVICE', 'nosuch0')).toThrow('setsockopt: ENODEV')
})

it('a closed socket has no options', () => {
  const socket = tcp()
  socket.close()
  expect(() => getSocketOption(socket, 'SO_TYPE')).toThrow(ClosedDescriptorError)
  expect(() => setSocketOption(socket, 'SO_KEEPALIVE', true)).toThrow(ClosedDescriptorError)
})
