import { once } from 'node:events'
import type { Socket } from 'node:net'

import { isSystemError } from '@sockyard/net/errors'

/** How an echo ended: `whole`, nothing more came, a FIN came early, or a RST. */
type EchoOutcome = 'whole' | 'silent' | 'closed' | 'reset' | 'different'

export interface Echoed {
  outcome: EchoOutcome
  returnedBytes: number
  elapsedMillis: number
}

interface EchoOptions {
  /** So long without a byte is silence. */
  stallMillis: number
  signal: AbortSignal
  /** Sends a FIN behind the bytes, and waits for that of the peer. */
  halfClose?: boolean
}

/**
 * Sends bytes to an echo service, and compares what returns with them.
 *
 * @throws the reason of `signal` when it is aborted
 */
export async function echo(
  socket: Socket,
  bytes: Buffer,
  { stallMillis, signal, halfClose = false }: EchoOptions,
): Promise<Echoed> {
  const began = performance.now()
  const { promise, resolve } = Promise.withResolvers<EchoOutcome>()
  let returnedBytes = 0
  const stalled = setTimeout(() => resolve('silent'), stallMillis)
  const onData = (chunk: Buffer): void => {
    stalled.refresh()
    const expected = bytes.subarray(returnedBytes, returnedBytes + chunk.length)
    returnedBytes += chunk.length
    if (!chunk.equals(expected)) resolve('different')
    else if (!halfClose && returnedBytes === bytes.length) resolve('whole')
  }
  const onEnd = (): void => resolve(returnedBytes === bytes.length ? 'whole' : 'closed')
  const onClose = (): void => resolve(outcomeOf(socket))
  const listeners = new AbortController()
  socket.on('data', onData).once('end', onEnd).once('close', onClose)
  if (socket.destroyed) onClose()
  else if (halfClose) socket.end(bytes)
  else socket.write(bytes)
  const aborted = once(signal, 'abort', { signal: listeners.signal }).catch(() => undefined)
  try {
    signal.throwIfAborted()
    const outcome = await Promise.race([promise, aborted])
    signal.throwIfAborted()
    const elapsedMillis = performance.now() - began
    return { outcome: outcome as EchoOutcome, returnedBytes, elapsedMillis }
  } finally {
    listeners.abort()
    clearTimeout(stalled)
    socket.off('data', onData).off('end', onEnd).off('close', onClose)
  }
}

/** Of a connection that is closed: the kernel gives it up with ETIMEDOUT when keepalive or data get no answer. */
function outcomeOf({ errored }: Socket): EchoOutcome {
  if (errored === null) return 'closed'
  return isSystemError(errored) && errored.code === 'ETIMEDOUT' ? 'silent' : 'reset'
}
