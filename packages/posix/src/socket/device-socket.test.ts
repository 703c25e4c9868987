import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { expect, it } from 'vitest'

import { openDeviceSocket } from './device-socket.ts'

const LOOPBACK = { device: 'lo', deviceIndex: 1, address: [127, 0, 0, 1], port: 0 }

it('a socket bound to an interface is Node’s to receive with', async () => {
  const socket = createSocket('udp4')
  const listening = once(socket, 'listening')
  socket.bind({ fd: openDeviceSocket(LOOPBACK) })
  await listening
  expect(socket.address().address).toBe('127.0.0.1')
  const sender = createSocket('udp4')
  sender.send('hello', socket.address().port, '127.0.0.1')
  expect(String((await once(socket, 'message'))[0])).toBe('hello')
  sender.close()
  socket.close()
})

it('errors name the call and the errno', () => {
  const unknown = { ...LOOPBACK, device: 'nosuch0' }
  expect(() => openDeviceSocket(unknown)).toThrow('setsockopt: ENODEV')
  const foreign = { ...LOOPBACK, address: [192, 0, 2, 77] }
  expect(() => openDeviceSocket(foreign)).toThrow('bind: EADDRNOTAVAIL')
})
