import { expect, test } from 'vitest'

import { peerAt, startServer } from './server.testing.ts'

/** A slow machine starts processes slowly. */
const PATIENCE = { timeout: 20_000 }

test.each(['native', 'node'])(
  'engine %s: /peers tells each peer, what it sent and what it was sent',
  async (engine) => {
    const { app, port } = await startServer('--engine', engine)
    await using _ = app
    await using first = await peerAt()
    await using second = await peerAt('127.0.0.3')
    for (let sent = 0; sent < 3; sent += 1) await first.send('four', port)
    await second.send('to be counted', port)
    await expect.poll(() => first.received.length + second.received.length, PATIENCE).toBe(4)
    const answer = await fetch(`http://127.0.0.1:${await app.adminPort()}/peers`)
    const { service, peers, others } = (await answer.json()) as Record<string, unknown>
    const local = { localAddress: '127.0.0.1', localPort: port, transport: 'udp', group: null }
    expect(service).toBe('udp-echo')
    expect(peers).toMatchObject([
      { ...local, remoteAddress: '127.0.0.3', remotePort: second.port, received: 1, sentBytes: 13 },
      { ...local, remoteAddress: '127.0.0.1', remotePort: first.port, received: 3, sentBytes: 12 },
    ])
    expect(others).toEqual({ receivedBytes: 0, sentBytes: 0, received: 0, sent: 0 })
  },
)
