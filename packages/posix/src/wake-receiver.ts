import type { NativeSocket } from './native-socket.ts'
import { SystemCallError } from './system-call-error.ts'

/**
 * Ends every waiting in `ReceiveBatch.receive` on this socket, in whatever thread, and all that would begin: from
 * now on `receive` gives what is queued, and then 0 without waiting. Nothing is lost that had come in; sending
 * goes on. It cannot be undone. (shutdown(2) says ENOTCONN for a UDP socket without a peer, and does it
 * nevertheless; that costs no timer, unlike SO_RCVTIMEO, and no second descriptor to wait on.)
 *
 * @throws {ClosedDescriptorError} when the socket is closed
 */
export function wakeReceiver(socket: NativeSocket): void {
  try {
    socket.shutdown('reading')
  } catch (error) {
    if (!(error instanceof SystemCallError && error.code === 'ENOTCONN')) throw error
  }
}
