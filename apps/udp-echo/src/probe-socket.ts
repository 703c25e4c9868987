import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { networkError } from '@sockyard/service/errors'
import type { ResolvedAddress } from '@sockyard/service/resolve'

/** Replies that come faster than they are read wait here; the usual 208 KiB hold 256 small ones. */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** A socket connected to one server, so that the kernel lets in nobody else's datagrams. */
export interface ProbeSocket extends Disposable {
  socket: Socket
  target: ResolvedAddress
}

/**
 * Connects to the first of the addresses to which there is a route. Nothing is sent: whether somebody
 * listens there is not known yet.
 *
 * @throws {NetworkError} why there is no route to the last of them
 */
export async function openProbeSocket(addresses: readonly ResolvedAddress[]): Promise<ProbeSocket> {
  let failure: unknown
  for (const target of addresses) {
    try {
      const socket = await connect(target)
      return { socket, target, [Symbol.dispose]: () => socket.close() }
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function connect({ address, family, port }: ResolvedAddress): Promise<Socket> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    socket.connect(port, address)
    await once(socket, 'connect')
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
    return socket
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
}
