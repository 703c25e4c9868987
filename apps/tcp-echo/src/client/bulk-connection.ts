import type { OnReadOpts } from 'node:net'

import type { Connected } from '@sockyard/net/connect'
import { NetworkError, place } from '@sockyard/net/errors'

import type { BulkStream, DownloadStream } from './bulk-stream.ts'
import { whenClosed } from './client.ts'

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

interface StreamOptions {
  /** Ends the sending; of a download everything. */
  signal: AbortSignal
  /** Aborts when the user wants it to end: what is under way then has a second at most to move on. */
  user: AbortSignal
  /** How long nothing at all may move. */
  waitMillis: number
}

/**
 * Sends the stream until its end or `signal`, then FIN, and waits until the peer has sent everything back, or has read
 * it, and ends its own direction.
 *
 * @returns why it failed, undefined when nothing is missing
 */
export async function streamOver(
  connected: Connected,
  stream: BulkStream,
  { signal, user, waitMillis }: StreamOptions,
): Promise<NetworkError | undefined> {
  const { socket } = connected
  let isFinished = false
  const finish = (): void => {
    isFinished = true
    socket.end()
  }
  const pump = (): void => {
    let room = true
    while (room && !signal.aborted) {
      const block = stream.next()
      if (block === undefined) break
      room = socket.write(block)
    }
    if (room) finish()
  }
  const hurry = (): void => void socket.setTimeout(Math.min(waitMillis, LAST_BYTES_MILLIS))
  endWithoutProgress(connected, waitMillis)
  socket.on('drain', pump)
  signal.addEventListener('abort', finish, { once: true })
  user.addEventListener('abort', hurry, { once: true })
  // A peer that ends first did not wait for all of it: Node then ends our direction, too.
  socket.once('end', () => {
    if (isFinished) stream.confirm()
  })
  pump()
  const error = await whenClosed(connected)
  signal.removeEventListener('abort', finish)
  user.removeEventListener('abort', hurry)
  const isWhole = isFinished && socket.errored === null && stream.missingBytes === 0
  return isWhole ? undefined : error
}

/**
 * Receives until the stream is complete or `signal` aborts, and closes the connection.
 *
 * @returns why it failed: nothing moved for `waitMillis`, or the peer ended first
 */
export async function receiveOver(
  connected: Connected,
  stream: DownloadStream,
  { signal, waitMillis }: Omit<StreamOptions, 'user'>,
): Promise<NetworkError | undefined> {
  const { socket } = connected
  const stop = (): void => void socket.destroy()
  endWithoutProgress(connected, waitMillis)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const error = await whenClosed(connected)
  signal.removeEventListener('abort', stop)
  const isDone = (stream.isComplete || signal.aborted) && stream.rightBytes > 0
  return isDone ? undefined : error
}

function endWithoutProgress({ socket, target }: Connected, waitMillis: number): void {
  socket.setTimeout(waitMillis, () => {
    const { address: host, port } = target
    const message = `${place(host, port)}no progress in time`
    socket.destroy(new NetworkError(message, { errorClass: 'TIMEOUT', host, port }))
  })
}
