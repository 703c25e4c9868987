import { once } from 'node:events'
import { connect, Socket } from 'node:net'

/**
 * Connects, writes `bytes` and resets the connection (RST instead of FIN). Resolves when it is done.
 *
 * @param bytes what the service may still find in its buffer; nothing by default
 */
export async function resettingPeer(
  port: number,
  address = '127.0.0.1',
  bytes: Uint8Array | string = '',
): Promise<void> {
  const socket = connect({ port, host: address })
  await once(socket, 'connect')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => {
    socket.write(bytes, () => resolve())
  })
  socket.resetAndDestroy()
  if (!socket.closed) await once(socket, 'close')
}

/** A connection whose peer (the service under test) is never read from. */
export interface SilentReader extends AsyncDisposable {
  /** Writes may still be made on it; `resume()` begins to read. */
  readonly socket: Socket
  /** Resolves when the connection is gone, which only a socket that reads notices. */
  readonly closed: Promise<void>
}

/**
 * Connects and never reads, so that what the service writes fills the kernel's buffers and then its
 * own. A socket that does not read sees no FIN and no RST either; `socket.resume()` starts reading.
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

export interface DripOptions {
  /** What is sent, one byte at a time and from the beginning again; 'x' by default. */
  bytes?: Uint8Array | string
  /** From one byte to the next. */
  everyMillis: number
}

/** A client that sends so slowly that it never seems idle (slowloris). */
export interface DripFeeder extends AsyncDisposable {
  readonly socket: Socket
  /** Resolves when the service ended or reset the connection. */
  readonly closed: Promise<void>
}

/** Connects and sends one byte every `everyMillis` until the service ends the connection. */
export async function dripFeeder(
  port: number,
  options: DripOptions,
  address = '127.0.0.1',
): Promise<DripFeeder> {
  const bytes = Buffer.from(options.bytes ?? 'x')
  const socket = connect({ port, host: address })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await once(socket, 'connect')
  socket.on('error', () => {}).resume()
  let next = 0
  const timer = setInterval(() => {
    socket.write(bytes.subarray(next, next + 1))
    next = (next + 1) % bytes.length
  }, options.everyMillis)
  socket.once('close', () => clearInterval(timer))
  return {
    socket,
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      await closed
    },
  }
}
