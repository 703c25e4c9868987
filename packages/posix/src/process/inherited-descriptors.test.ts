import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'

import { expect, it } from 'vitest'

import { NativeSocket } from '../socket/native-socket.ts'
import { takeInheritedSocket } from './inherited-descriptors.ts'

const LOOPBACK = { family: 'IPv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0, scope: 0 } as const
const LOOPBACK6 = {
  family: 'IPv6',
  bytes: Uint8Array.of(...Array<number>(15).fill(0), 1),
  port: 0,
  scope: 0,
} as const

function portOf(socket: NativeSocket): number {
  const address = socket.localAddress()
  if (address === undefined || address.family === 'unix') throw new Error('no port')
  return address.port
}

it('distinguishes a listener, a connection and a datagram socket', () => {
  using listener = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  listener.bind(LOOPBACK)
  listener.listen()
  const port = portOf(listener)
  using client = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  client.connect({ ...LOOPBACK, port })
  const accepted = listener.accept()
  using datagrams = NativeSocket.open({ family: 'IPv6', type: 'datagram' })
  datagrams.bind(LOOPBACK6)
  using connected = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
  connected.connect({ ...LOOPBACK, port })
  const expected = [
    { kind: 'listener', family: 'IPv4', port, isConnected: false },
    { kind: 'connection', family: 'IPv4', port, isConnected: true },
    { kind: 'datagram', family: 'IPv6', port: portOf(datagrams), isConnected: false },
    { kind: 'datagram', family: 'IPv4', port: portOf(connected), isConnected: true },
  ]
  for (const [index, socket] of [listener, accepted, datagrams, connected].entries()) {
    const taken = socket && takeInheritedSocket(socket.release())
    expect(taken).toMatchObject(expected[index] ?? {})
    taken?.descriptor.close()
  }
})

it('leaves alone what is no TCP or UDP socket', () => {
  const file = openSync('/dev/null', 'r')
  expect(takeInheritedSocket(file)).toBeUndefined()
  closeSync(file)
  expect(takeInheritedSocket(file)).toBeUndefined()
  const [first, second] = NativeSocket.pair({ type: 'stream' })
  expect(takeInheritedSocket(first.descriptor)).toBeUndefined()
  first.close()
  second.close()
})

it('programs started afterwards do not get it; a standard stream is duplicated', async () => {
  const program = `
    const { readlinkSync } = await import('node:fs')
    const { spawnSync } = await import('node:child_process')
    const { takeInheritedSocket } = await import('${new URL('inherited-descriptors.ts', import.meta.url).href}')
    const { detachStandardStreams } = await import('${new URL('process.ts', import.meta.url).href}')
    const numbers = [0, 4].map((number) => takeInheritedSocket(number).descriptor.number)
    const seen = spawnSync('ls', ['-l', '/proc/self/fd']).stdout.toString()
    const { writeSync } = await import('node:fs')
    writeSync(3, JSON.stringify({ numbers, sockets: seen.split('socket:').length - 1 }))
    detachStandardStreams()
    console.log('discarded')
    writeSync(3, [0, 1, 2].map((number) => readlinkSync('/proc/self/fd/' + number)).join())`
  using socket = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
  socket.bind(LOOPBACK)
  const { descriptor } = socket
  const args = ['--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, {
    stdio: [descriptor, 'pipe', 'inherit', 'pipe', descriptor],
  })
  const [output, report] = await Promise.all([child.stdio[1], child.stdio[3]].map(readAll))
  expect(output).toBe('')
  const [json = '', streams] = report?.split('}') ?? []
  const { numbers, sockets } = JSON.parse(`${json}}`) as { numbers: number[]; sockets: number }
  expect(numbers[0]).toBeGreaterThan(2)
  expect(numbers[1]).toBe(4)
  // Of its own it has three pipes, which Node makes of socket pairs.
  expect(sockets).toBe(3)
  expect(streams).toBe('/dev/null,/dev/null,/dev/null')
})

async function readAll(stream: unknown): Promise<string> {
  return stream instanceof Object && Symbol.asyncIterator in stream
    ? await text(stream as AsyncIterable<Uint8Array>)
    : ''
}
