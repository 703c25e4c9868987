import { once } from 'node:events'
import { connect, type OnReadOpts, type Socket } from 'node:net'

import { NetworkError, networkError, place } from '@sockyard/service/errors'
import type { ResolvedAddress } from '@sockyard/service/resolve'

export interface ConnectOptions {
  /** For each address, milliseconds. */
  timeoutMillis: number
  signal: AbortSignal
  /** Reads into a buffer of the caller instead of emitting 'data'. */
  onread?: OnReadOpts
}

/** A connection, and whom it leads to: a closed socket does not know any more. */
export interface Connected {
  socket: Socket
  target: ResolvedAddress
}

/**
 * Connects to the first address that answers, without Nagle delay.
 *
 * @throws {NetworkError} why the last of the addresses failed
 */
export async function connectTo(
  addresses: readonly ResolvedAddress[],
  options: ConnectOptions,
): Promise<Connected> {
  let failure: unknown
  for (const target of addresses) {
    options.signal.throwIfAborted()
    try {
      return { socket: await connectOnce(target, options), target }
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function connectOnce(target: ResolvedAddress, options: ConnectOptions): Promise<Socket> {
  const { address: host, port } = target
  const { timeoutMillis, signal, onread } = options
  const timeout = AbortSignal.timeout(timeoutMillis)
  const socket = connect({ host, port, noDelay: true, ...(onread && { onread }) })
  // What goes wrong later is told by `lost`; without a listener it would end the process.
  socket.on('error', () => {})
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([timeout, signal]) })
    return socket
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw timeout.aborted ? tooLate(target) : networkError(error, host, port)
  }
}

/** Resolves when the connection is over, with the reason. */
export async function lost({ socket, target }: Connected): Promise<NetworkError> {
  const { address: host, port } = target
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  if (socket.errored !== null) return networkError(socket.errored, host, port)
  const message = `${place(host, port)}the peer closed the connection`
  return new NetworkError(message, { errorClass: 'RESET', host, port })
}

function tooLate({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no connection in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
