import type { Socket } from 'node:net'

import type { NativeSocket } from './native-socket.ts'
import { getSocketOption } from './socket-options.ts'

/**
 * Milliseconds since the peer's kernel was last heard: data, or an acknowledgement of ours, of a keepalive
 * or of a window probe. A peer that lives and does not read is heard; one that vanished is not.
 * (TCP_USER_TIMEOUT cannot tell the two apart: it ends both.)
 *
 * @throws {SystemCallError} when getsockopt fails
 * @throws {ClosedDescriptorError} when the socket has no descriptor any more
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function tcpSilenceMillis(socket: Socket | NativeSocket): number {
  const { lastDataReceivedMillis, lastAckReceivedMillis } = getSocketOption(socket, 'TCP_INFO')
  return Math.min(lastDataReceivedMillis, lastAckReceivedMillis)
}
