import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { afterEach, expect, it } from 'vitest'

import { lastReceiveTime, noteReceiveTimes } from './last-receive-time.ts'
import { realtimeNanoseconds } from './realtime-clock.ts'

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

function blockMillis(millis: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)
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
    // The kernel begins to stamp a little after it was asked to, unless it does already for somebody else.
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
