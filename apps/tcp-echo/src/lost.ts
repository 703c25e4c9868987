import type { Connected } from '@sockyard/service/connect'
import { NetworkError, networkError, place } from '@sockyard/service/errors'

/** Resolves when the connection is over, with the reason. */
export async function lost({ socket, target }: Connected): Promise<NetworkError> {
  const { address: host, port } = target
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  if (socket.errored !== null) return networkError(socket.errored, host, port)
  const message = `${place(host, port)}the peer closed the connection`
  return new NetworkError(message, { errorClass: 'RESET', host, port })
}
