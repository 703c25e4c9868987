import type { NativeSocket } from '@sockyard/posix/native-socket'
import { whenReadable } from '@sockyard/posix/when-readable'

import { BatchEcho, type BatchEchoData, type PostedRefusal } from './batch-echo.ts'

/** Batches that are answered before the event loop has its turn: some milliseconds at most. */
const BATCHES_A_TURN = 16

/** Echoes the datagrams of a socket in the event loop of this thread, which is woken when there are some. */
export class BatchLoop {
  readonly #echo: BatchEcho
  readonly #socket: NativeSocket
  readonly #unwatch: () => void

  /** @param socket bound, and not closed before `stop` */
  constructor(socket: NativeSocket, data: BatchEchoData, tell: (refusal: PostedRefusal) => void) {
    this.#socket = socket
    this.#echo = new BatchEcho(socket, data, tell)
    this.#unwatch = whenReadable(socket.descriptor, this.#answer)
  }

  /** Reads no more. */
  stop(): void {
    this.#unwatch()
    this.#echo.close()
  }

  /** What comes while it answers is answered too: that costs no turn of the loop. */
  readonly #answer = (): void => {
    for (let batch = 0; batch < BATCHES_A_TURN; batch += 1) {
      if (this.#echo.received.receive(this.#socket, false) === 0) return
      this.#echo.answer()
    }
  }
}
