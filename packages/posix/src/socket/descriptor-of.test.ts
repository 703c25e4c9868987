import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { createServer, connect } from 'node:net'

import { expect, test } from 'vitest'

import { descriptorOf } from './descriptor-of.ts'
import { ClosedDescriptorError } from './descriptor.ts'

test('the sockets of this Node still have their descriptors where we look', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(datagrams, 'listening')])
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not bound')
  const client = connect(address.port, '127.0.0.1')
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
  const all = [server, datagrams, client].map((each) => descriptorOf(each))
  expect(all.map((each) => fstatSync(each).isSocket())).toEqual([true, true, true])
  expect(new Set([...all, descriptorOf(accepted)]).size).toBe(4)
  accepted.destroy()
  client.destroy()
  server.close()
  datagrams.close()
  expect(() => descriptorOf(client)).toThrow(ClosedDescriptorError)
})
