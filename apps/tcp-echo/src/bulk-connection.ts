import type { OnReadOpts } from 'node:net'

import type { Connected } from '@sockyard/service/connect'
import { NetworkError, place } from '@sockyard/service/errors'

import type { BulkStream } from './bulk-stream.ts'
import { lost } from './lost.ts'

const READ_BYTES = 256 * 1024
/** Once the user has had enough, no longer than this without anything moving. */
const LAST_BYTES_MILLIS = 1_000

/** Reads straight into one buffer, which is checked before the next read. */
export function readInto(stream: BulkStream): OnReadOpts {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  return {
    buffer,
    callback: (length) => {
      stream.receive(buffer.subarray(0, length))
      return true
    },
  }
}

/**
 * Sends the stream until its end or `signal`, then FIN, and waits until everything is back.
 *
 * @param waitMillis how long nothing at all may move
 * @param user aborts when the user wants it to end: what is under way then has a second at most to move on
 * @returns why it failed, undefined when the peer sent everything back and then its own FIN
 */
export async function streamOver(
  connected: Connected,
  stream: BulkStream,
  { signal, user, waitMillis }: { signal: AbortSignal; user: AbortSignal; waitMillis: number },
): Promise<NetworkError | undefined> {
  const { socket, target } = connected
  socket.setTimeout(waitMillis, () => {
    const { address: host, port } = target
    const message = `${place(host, port)}nothing moved in time`
    socket.destroy(new NetworkError(message, { errorClass: 'TIMEOUT', host, port }))
  })
  const pump = (): void => {
    let room = true
    while (room && !signal.aborted) {
      const block = stream.next()
      if (block === undefined) break
      room = socket.write(block)
    }
    if (room) socket.end()
  }
  const stop = (): void => void socket.end()
  const hurry = (): void => void socket.setTimeout(Math.min(waitMillis, LAST_BYTES_MILLIS))
  socket.on('drain', pump)
  signal.addEventListener('abort', stop, { once: true })
  user.addEventListener('abort', hurry, { once: true })
  pump()
  const error = await lost(connected)
  signal.removeEventListener('abort', stop)
  user.removeEventListener('abort', hurry)
  return socket.errored === null && stream.missingBytes === 0 && socket.writableEnded
    ? undefined
    : error
}
