import { Worker } from 'node:worker_threads'

import { NativeSocket } from '@sockyard/posix/native-socket'

import { encodeWatch } from './readiness-message.ts'

/** Tells when something can be read from a socket, without reading it (epoll(7) in a thread of its own). */
export class Readiness {
  readonly #waiting = new Map<number, () => void>()
  readonly #onFailed: (error: Error) => void
  #control: NativeSocket | undefined
  #worker: Worker | undefined
  #ids = 0

  /** @param onFailed the thread ended, and nothing is watched any more */
  constructor(onFailed: (error: Error) => void) {
    this.#onFailed = onFailed
  }

  /**
   * Calls `onReady` once, as soon as the descriptor can be read. The thread starts with the first call.
   *
   * @returns what makes it forget: to be called before the descriptor is closed
   * @throws {NativeCallsMissingError} where koffi is absent
   */
  watch(descriptor: number, onReady: () => void): () => void {
    const id = (this.#ids = (this.#ids + 1) & 0x7fff_ffff)
    this.#waiting.set(id, onReady)
    this.#open().send(encodeWatch({ descriptor, id }))
    return () => this.#waiting.delete(id)
  }

  /** The thread ends. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    this.#control?.close()
    await ended
  }

  #open(): NativeSocket {
    if (this.#control !== undefined) return this.#control
    const [here, there] = NativeSocket.pair({ type: 'seqpacket' })
    const worker = new Worker(new URL('readiness-worker.ts', import.meta.url), {
      workerData: there.release(),
    })
    worker.on('message', (id: number) => {
      const onReady = this.#waiting.get(id)
      this.#waiting.delete(id)
      onReady?.()
    })
    worker.on('error', this.#onFailed)
    this.#worker = worker
    return (this.#control = here)
  }
}
