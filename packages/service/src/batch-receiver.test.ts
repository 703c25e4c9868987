import { spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { tellDetails } from '@sockyard/posix/datagram-details'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { afterEach, expect, it } from 'vitest'

import { BatchReceiver } from './batch-receiver.ts'

const opened: { close(): void }[] = []

afterEach(() => {
  for (const each of opened.splice(0)) each.close()
})

function open(): { socket: NativeSocket; port: number } {
  const socket = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
  tellDetails(socket, 'IPv4', ['timestamp', 'destination'])
  socket.bind({ family: 'IPv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0, scope: 0 })
  opened.push(socket)
  const local = socket.localAddress()
  if (local?.family !== 'IPv4') throw new Error('not bound')
  return { socket, port: local.port }
}

async function peer(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  opened.push(socket)
  return socket
}

const onFailure = (error: Error): never => {
  throw error
}

it('what comes in is handed over in order, with the time it came', async () => {
  const { socket, port } = open()
  const texts: string[] = []
  const times: bigint[] = []
  const receiver = new BatchReceiver({
    socket,
    batches: 2,
    datagrams: 4,
    datagramBytes: 100,
    onFailure,
    onBatch(received) {
      for (let index = 0; index < received.count; index += 1) {
        texts.push(String(received.bytes(index)))
        times.push(received.timestampNanos(index))
      }
    },
  })
  const before = Temporal.Now.instant().epochNanoseconds
  const sender = await peer()
  const sent = Array.from({ length: 100 }, (_, number) => `number ${number}`)
  for (const text of sent) await new Promise((done) => sender.send(text, port, '127.0.0.1', done))
  await expect.poll(() => texts).toEqual(sent)
  expect(times[0]).toBeGreaterThan(before)
  await receiver.stop()
  const late = texts.length
  await new Promise((done) => sender.send('late', port, '127.0.0.1', done))
  expect(texts).toHaveLength(late)
})

it('what is read before it is stopped is handed over before stop is fulfilled', async () => {
  const { socket, port } = open()
  let received = 0
  const sender = await peer()
  for (let i = 0; i < 50; i += 1)
    await new Promise((done) => sender.send('x', port, '127.0.0.1', done))
  const receiver = new BatchReceiver({
    socket,
    onFailure,
    onBatch: ({ count }) => (received += count),
  })
  await expect.poll(() => received).toBeGreaterThan(0)
  await receiver.stop()
  expect(received).toBe(50)
})

it('a process whose thread waits for a datagram ends when it is told to', () => {
  const program = `
    import { NativeSocket } from '@sockyard/posix/native-socket'
    import { BatchReceiver } from '${new URL('batch-receiver.ts', import.meta.url).href}'
    const socket = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
    socket.bind({ family: 'IPv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0, scope: 0 })
    const receiver = new BatchReceiver({ socket, onBatch() {}, onFailure: console.error })
    await receiver.started
    setTimeout(() => process.exit(130), 100)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('.', import.meta.url),
    timeout: 10_000,
  })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 130, stderr: '' })
})
