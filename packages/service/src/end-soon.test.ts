import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

import { expect, onTestFinished, test } from 'vitest'

import { endSoon } from './end-soon.ts'

test('a peer reads the last words though it still sends', async () => {
  const { client, socket } = await pair()
  client.write('x'.repeat(1_000_000))
  socket.write('goodbye\n')
  endSoon(socket)
  expect(await text(client)).toBe('goodbye\n')
  client.destroy()
})

test('a peer that never ends is not waited for', async () => {
  const { client, socket } = await pair()
  client.resume()
  endSoon(socket, 50)
  await once(socket, 'close')
  expect(client.writable).toBe(true)
})

async function pair(): Promise<{ client: Socket; socket: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [socket]: Socket[] = await once(server, 'connection')
  if (socket === undefined) throw new Error('no connection')
  onTestFinished(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return { client, socket }
}
