import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { once } from 'node:events'

import { afterEach, describe, expect, it } from 'vitest'

import { realtimeNanoseconds } from '../process/clock.ts'
import { ClosedDescriptorError } from '../socket/descriptor.ts'
import { lastReceiveTime, noteReceiveTimes, sendTimestamped } from './dgram-timestamps.ts'

describe('the time a datagram was received', () => {
  let receiver: Socket
  let sender: Socket

  afterEach(() => {
    receiver.close()
    sender.close()
  })

  /** Whether a datagram that is read late has the time of its coming. */
  async function isStamped(): Promise<boolean> {
    const message = once(receiver, 'message')
    sender.send('x')
    const sentAt = realtimeNanoseconds()
    blockMillis(2)
    await message
    return lastReceiveTime(receiver) <= sentAt
  }

  it.each(['udp4', 'udp6'] as const)(
    'each datagram of %s has its own time, that of its coming and not of its being read',
    async (type) => {
      receiver = createSocket(type)
      sender = createSocket(type)
      const host = type === 'udp4' ? '127.0.0.1' : '::1'
      receiver.bind(0, host)
      await once(receiver, 'listening')
      noteReceiveTimes(receiver)
      sender.connect(receiver.address().port, host)
      await once(sender, 'connect')
      // The kernel begins to stamp a little after it was asked to, unless it does already for another socket.
      await expect.poll(isStamped, { timeout: 10_000, interval: 1 }).toBe(true)

      const before: bigint[] = []
      const after: bigint[] = []
      const noted: bigint[] = []
      const all = new Promise<void>((resolve) => {
        receiver.on('message', () => {
          noted.push(lastReceiveTime(receiver))
          if (noted.length === 3) resolve()
        })
      })
      for (let datagram = 0; datagram < 3; datagram += 1) {
        before.push(realtimeNanoseconds())
        sender.send('x')
        after.push(realtimeNanoseconds())
        blockMillis(20)
      }
      await all
      noted.forEach((time, index) => {
        expect(time).toBeGreaterThanOrEqual(before[index] ?? 0n)
        expect(time).toBeLessThanOrEqual(after[index] ?? 0n)
      })
    },
  )

  it('there is no time without a datagram', async () => {
    receiver = createSocket('udp4')
    sender = createSocket('udp4')
    receiver.bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    noteReceiveTimes(receiver)
    expect(() => lastReceiveTime(receiver)).toThrow('ioctl: ENOENT')
  })
})

it.each([
  ['udp4', '127.0.0.1', 'udp4'],
  ['udp6', '::1', 'udp6'],
  ['udp4', '127.0.0.1', 'udp6'],
] as const)('a datagram reaches %s at %s from %s', async (type, address, from) => {
  const receiver = await bound(type, address)
  const sender = await bound(from, from === 'udp4' ? '0.0.0.0' : '::')
  const message = once(receiver, 'message')
  const to = { address, port: receiver.address().port }
  expect(sendTimestamped(sender, () => Buffer.from('now'), to).isSent).toBe(true)
  const [bytes, { port }] = await message
  expect([String(bytes), port]).toEqual(['now', sender.address().port])
  receiver.close()
  sender.close()
})

it('a connected socket needs no address, and errors of the network are thrown', async () => {
  const receiver = await bound('udp4', '127.0.0.1')
  const sender = createSocket('udp4')
  sender.connect(receiver.address().port, '127.0.0.1')
  await once(sender, 'connect')
  const send = (): unknown => sendTimestamped(sender, () => Buffer.from('now'))
  const message = once(receiver, 'message')
  send()
  await message
  receiver.close()
  await once(receiver, 'close')
  send()
  expect(send).toThrow('sendto: ECONNREFUSED')
  sender.close()
})

it('refuses a name, and a socket that is closed', async () => {
  const sender = await bound('udp4', '127.0.0.1')
  const named = { address: 'localhost', port: 9 }
  expect(() => sendTimestamped(sender, nothing, named)).toThrow(RangeError)
  sender.close()
  expect(() => sendTimestamped(sender, nothing)).toThrow(ClosedDescriptorError)
})

function nothing(): Uint8Array {
  return new Uint8Array()
}

async function bound(type: SocketType, address: string) {
  const socket = createSocket(type)
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

function blockMillis(millis: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)
}
