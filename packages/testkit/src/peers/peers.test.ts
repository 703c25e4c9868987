import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { dripFeeder, resettingPeer, silentReader } from './tcp-peers.ts'

let server: Server
let accepted: Promise<Socket>

beforeEach(async () => {
  server = createServer()
  accepted = new Promise((resolve) => {
    server.once('connection', (socket) => {
      socket.on('error', () => {})
      resolve(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.close()
})

function port(): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  return address.port
}

describe('raw peers', () => {
  it('a silent reader makes the writes of a service pile up', async () => {
    await using peer = await silentReader(port())
    const socket = await accepted
    const size = 32 * 2 ** 20
    socket.write(Buffer.alloc(size))
    const reader = connect(port(), '127.0.0.1').resume()
    const [other] = (await once(server, 'connection')) as [Socket]
    other.end(Buffer.alloc(size))
    await once(reader, 'end')
    expect(reader.bytesRead).toBe(size)
    expect(peer.socket.bytesRead).toBe(0)
    expect(socket.writableLength).toBeGreaterThan(0)
  })

  it('a silent reader notices a reset once it reads', async () => {
    await using peer = await silentReader(port())
    ;(await accepted).resetAndDestroy()
    peer.socket.resume()
    await peer.closed
    expect(peer.socket.destroyed).toBe(true)
  })

  it('a resetting peer gives the service ECONNRESET instead of an end', async () => {
    const error = accepted.then(
      async (socket) => (await once(socket.resume(), 'error'))[0] as unknown,
    )
    await resettingPeer(port(), '127.0.0.1', 'half a li')
    expect(await error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('a drip feeder sends its bytes one by one, over and over', async () => {
    await using peer = await dripFeeder(port(), { bytes: 'abc', everyMillis: 1 })
    const socket = await accepted
    const chunks: string[] = []
    socket.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
    await expect.poll(() => chunks.join('')).toMatch(/^abcabca/)
    socket.destroy()
    await peer.closed
  })
})
