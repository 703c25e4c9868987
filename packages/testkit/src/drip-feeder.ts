import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface DripOptions {
  /** What is sent, one byte at a time and from the beginning again; 'x' unless told. */
  bytes?: Uint8Array | string
  /** From one byte to the next. */
  everyMillis: number
}

/** A client so slow that it seems alive for ever (slowloris). */
export interface DripFeeder extends AsyncDisposable {
  readonly socket: Socket
  /** Resolves when the service ended or reset the connection. */
  readonly closed: Promise<void>
}

/** Connects and sends one byte every `everyMillis` until the service has enough of it. */
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
