import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Connects, writes `bytes` and resets the connection (RST instead of FIN). Resolves when it is done.
 *
 * @param bytes what the service may still find in its buffer; nothing unless told
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
