import { once } from 'node:events'
import { connect, type OnReadOpts, type Socket } from 'node:net'

import { NetworkError, networkError, place } from './errors.ts'
import type { ResolvedAddress } from './resolve.ts'

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
 * Connects to the first of the addresses that answers, without Nagle delay. The socket has an error listener;
 * `socket.errored` says after 'close' what went wrong.
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
  // A RST may come at any time; without a listener it would end the process.
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

function tooLate({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no connection in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
