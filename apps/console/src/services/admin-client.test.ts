import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { AdminClient } from './admin-client.ts'

/** More than is read in a second, with what is on the way. */
const EVENTS = 5_000

test('a service that logs as fast as it is read is read at a bounded rate', async () => {
  const server = createServer((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('id: 1\ndata: {"msg":"x"}\n\n'.repeat(100)));
    }
    response.on('drain', more)
    more()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new AdminClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  let events = 0
  const began = performance.now()
  await client.follow('0', () => (events += 1) < EVENTS, new AbortController().signal)
  expect(performance.now() - began).toBeGreaterThan(900)
  expect(events).toBe(EVENTS)
  server.closeAllConnections()
  server.close()
})
