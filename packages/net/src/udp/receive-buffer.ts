import type { Socket } from 'node:dgram'

import type { LogTarget } from '../log/limited-log.ts'

/**
 * Asks for a receive buffer (SO_RCVBUF, socket(7)): 212,992 bytes, the usual default, hold 256 small datagrams.
 * The kernel cuts at net.core.rmem_max without an error; that is logged.
 */
export function enlargeReceiveBuffer(
  socket: Pick<Socket, 'setRecvBufferSize' | 'getRecvBufferSize'>,
  bytes: number,
  log: LogTarget,
): void {
  socket.setRecvBufferSize(bytes)
  // Linux reports twice what was asked for: it counts its own bookkeeping too.
  const given = Math.floor(socket.getRecvBufferSize() / 2)
  if (given < bytes)
    log.warn(
      { asked: bytes, given },
      'receive buffer smaller than requested: see net.core.rmem_max',
    )
}
