import { once } from 'node:events'
import { Socket } from 'node:net'

/** A connection whose peer (the service under test) is never read from. */
export interface SilentReader extends AsyncDisposable {
  /** Writes may still be made on it; `resume()` begins to read. */
  readonly socket: Socket
  /** Resolves when the connection is gone, which only a socket that reads notices. */
  readonly closed: Promise<void>
}

/**
 * Connects and never reads, so that what the service writes fills the kernel's buffers and then its
 * own. Who does not read notices no end and no reset either: `socket.resume()` begins to.
 */
export async function silentReader(port: number, address = '127.0.0.1'): Promise<SilentReader> {
  const socket = new Socket({ allowHalfOpen: true })
  // Before connecting: Node starts to read as soon as a socket is connected and not paused.
  socket.pause()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.connect({ port, host: address })
  await once(socket, 'connect')
  socket.on('error', () => {})
  return {
    socket,
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      await closed
    },
  }
}
