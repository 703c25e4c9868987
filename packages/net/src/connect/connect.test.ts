import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { connectTo } from './connect.ts'

const options = { timeoutMillis: 10_000, signal: new AbortController().signal }

test('the next address is tried when one refuses', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // 127.0.0.2 is this host as well, and the port is closed there.
  const at = (address: string) => ({ address, family: 4, port }) as const
  const { socket, target } = await connectTo([at('127.0.0.2'), at('127.0.0.1')], options)
  socket.destroy()
  expect(target.address).toBe('127.0.0.1')
})

test('the error names the address that refused', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await expect(
    connectTo([{ address: '127.0.0.1', family: 4, port }], options),
  ).rejects.toMatchObject({
    name: 'NetworkError',
    errorClass: 'REFUSED',
    port,
  })
})

test('an aborted signal ends the attempt with its reason', async () => {
  const signal = AbortSignal.abort('SIGTERM')
  const target = { address: '127.0.0.1', family: 4, port: 9 } as const
  await expect(connectTo([target], { timeoutMillis: 10_000, signal })).rejects.toBe('SIGTERM')
})
