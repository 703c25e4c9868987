import { createSocket, type SocketType } from 'node:dgram'
import { once } from 'node:events'

import { expect, it } from 'vitest'

import { ClosedDescriptorError } from './descriptor.ts'
import { sendMadeNow } from './send-made-now.ts'

it.each([
  ['udp4', '127.0.0.1', 'udp4'],
  ['udp6', '::1', 'udp6'],
  ['udp4', '127.0.0.1', 'udp6'],
] as const)('a datagram reaches %s at %s from %s', async (type, address, from) => {
  const receiver = await bound(type, address)
  const sender = await bound(from, from === 'udp4' ? '0.0.0.0' : '::')
  const message = once(receiver, 'message')
  const to = { address, port: receiver.address().port }
  expect(sendMadeNow(sender, () => Buffer.from('now'), to).isSent).toBe(true)
  const [bytes, { port }] = await message
  expect([String(bytes), port]).toEqual(['now', sender.address().port])
  receiver.close()
  sender.close()
})

it('a connected socket needs no address, and what the network says is thrown', async () => {
  const receiver = await bound('udp4', '127.0.0.1')
  const sender = createSocket('udp4')
  sender.connect(receiver.address().port, '127.0.0.1')
  await once(sender, 'connect')
  const send = (): unknown => sendMadeNow(sender, () => Buffer.from('now'))
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
  expect(() => sendMadeNow(sender, nothing, named)).toThrow(RangeError)
  sender.close()
  expect(() => sendMadeNow(sender, nothing)).toThrow(ClosedDescriptorError)
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
