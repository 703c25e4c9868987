import type { Socket } from 'node:net'

import type { ConnectionRefusal } from './connection-counts.ts'
import { endSoon } from './end-soon.ts'

/** Refused peers that may hear their last words at the same time; the others are closed at once. */
export const MAXIMUM_REFUSED = 32

/** Peers that are not let in: each is told why, if there is room for that, and closed. */
export class RefusedPeers {
  readonly #sockets = new Set<Socket>()
  readonly #lastWords: (socket: Socket, reason: ConnectionRefusal) => void

  /** @param lastWords at most one `socket.write` */
  constructor(lastWords: (socket: Socket, reason: ConnectionRefusal) => void) {
    this.#lastWords = lastWords
  }

  refuse(socket: Socket, reason: ConnectionRefusal): void {
    if (this.#sockets.size >= MAXIMUM_REFUSED) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    this.#lastWords(socket, reason)
    endSoon(socket)
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
