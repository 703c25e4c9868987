import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { expect, it } from 'vitest'

import { ClosedDescriptorError } from './descriptor.ts'
import { tcpSilenceMillis } from './tcp-silence.ts'

it('a peer was heard when it last sent something', async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not TCP')
  const client = connect(address.port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  await new Promise((resolve) => setTimeout(resolve, 300))
  const silent = tcpSilenceMillis(socket)
  expect(silent).toBeGreaterThanOrEqual(290)
  client.write('x')
  await once(socket, 'data')
  expect(tcpSilenceMillis(socket)).toBeLessThan(silent)
  client.destroy()
  socket.destroy()
  await once(socket, 'close')
  expect(() => tcpSilenceMillis(socket)).toThrow(ClosedDescriptorError)
  server.close()
})

it('importing it does not load koffi', () => {
  const program = `
    await import('${new URL('tcp-silence.ts', import.meta.url).href}')
    const { createRequire } = await import('node:module')
    const cached = Object.keys(createRequire('${import.meta.url}').cache)
    process.stdout.write(String(cached.some((file) => file.includes('koffi'))))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  expect(stdout.toString()).toBe('false')
})
