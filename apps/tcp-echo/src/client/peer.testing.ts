import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface Peer extends AsyncDisposable {
  port: number
  target: string
  /** Takes no more connections and cuts those there are; `peer` may then listen on its port again. */
  close(): Promise<void>
}

/**
 * A server that does with its connections what the test wants.
 *
 * @param port 0 picks a free one
 */
export async function peer(onConnection: (socket: Socket) => void, port = 0): Promise<Peer> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    sockets.add(socket)
    onConnection(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  const close = async (): Promise<void> => {
    if (!server.listening) return
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return {
    port: address.port,
    target: `127.0.0.1:${address.port}`,
    close,
    [Symbol.asyncDispose]: close,
  }
}
