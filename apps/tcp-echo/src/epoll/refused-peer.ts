import { EPOLL } from '@sockyard/posix/epoll'
import type { NativeSocket } from '@sockyard/posix/native-socket'

import { OVER, type Peer } from './echo-connection.ts'

/** A peer that is not let in: it gets a FIN, and what it sends is read away until it has ended too. */
export class RefusedPeer implements Peer {
  readonly socket: NativeSocket
  readonly deadline: number

  /** @throws {SystemCallError} when it has gone already */
  constructor(socket: NativeSocket, deadline: number) {
    this.socket = socket
    this.deadline = deadline
    socket.shutdown('writing')
  }

  progress(buffer: Uint8Array): number {
    return this.socket.receive(buffer) === 0 ? OVER : EPOLL.IN
  }
}
