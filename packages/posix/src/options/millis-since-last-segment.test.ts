import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { expect, it } from 'vitest'

import { ClosedDescriptorError } from '../socket/descriptor.ts'
import { millisSinceLastSegment } from './socket-options.ts'

it('the milliseconds since the last segment begin again with what the peer sends', async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not TCP')
  const client = connect(address.port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  await new Promise((resolve) => setTimeout(resolve, 300))
  const silent = millisSinceLastSegment(socket)
  expect(silent).toBeGreaterThanOrEqual(290)
  client.write('x')
  await once(socket, 'data')
  expect(millisSinceLastSegment(socket)).toBeLessThan(silent)
  client.destroy()
  socket.destroy()
  await once(socket, 'close')
  expect(() => millisSinceLastSegment(socket)).toThrow(ClosedDescriptorError)
  server.close()
})
