import { Worker } from 'node:worker_threads'

import type { NativeSocket } from '@sockyard/posix/native-socket'
import { wakeReceiver } from '@sockyard/posix/wake-receiver'

import { atExit } from './at-exit.ts'
import { type DatagramThreadStart, STARTED, STOPPING } from './datagram-thread-start.ts'
import { threadError } from './thread-error.ts'

/** A thread that only receives needs little: V8 would take 40 MB and more before it collects anything. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 }

export interface DatagramThreadOptions {
  /** Runs in the thread: it calls `runDatagramThread`. What it imports costs memory once more. */
  module: URL
  /** Bound, and not non-blocking. The thread has a descriptor of its own; close this one after `stop`. */
  socket: NativeSocket
  /** What the thread is given, by structured cloning. */
  data?: unknown
  /** What the thread posts. */
  onMessage?: (message: unknown) => void
  /** The thread has ended by an error. */
  onFailure: (error: Error) => void
}

/**
 * A thread that waits for the datagrams of one socket. Nothing runs while none comes: no timer, and no event of
 * this thread's loop.
 */
export class DatagramThread {
  readonly #socket: NativeSocket
  readonly #state = new Int32Array(new SharedArrayBuffer(8))
  readonly #ended: Promise<void>
  /** Fulfilled when the thread has all it needs and waits for datagrams, or has ended. */
  readonly started: Promise<unknown>

  /** Starts the thread. @throws {SystemCallError} EMFILE when there is no descriptor for it */
  constructor(options: DatagramThreadOptions) {
    this.#socket = options.socket
    const worker = this.#start(options)
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()))
    this.started = Promise.race([Atomics.waitAsync(this.#state, STARTED, 0).value, this.#ended])
    // The end of a process waits for its threads, and they for a datagram.
    const takeBack = atExit(this.#wake)
    void this.#ended.then(takeBack)
  }

  #start({ module, socket, data, onMessage, onFailure }: DatagramThreadOptions): Worker {
    const own = socket.duplicate()
    try {
      const { descriptor } = own
      const workerData = { descriptor, state: this.#state, data } satisfies DatagramThreadStart
      const worker = new Worker(module, { workerData, resourceLimits: LIMITS, execArgv: [] })
      if (onMessage !== undefined) worker.on('message', onMessage)
      worker.on('error', (error) => onFailure(threadError(error)))
      own.release()
      return worker
    } catch (error) {
      own.close()
      throw error
    }
  }

  /** Reads no more. Fulfilled when the batch under way is done and the thread has ended. */
  async stop(): Promise<void> {
    this.#wake()
    await this.#ended
  }

  readonly #wake = (): void => {
    Atomics.store(this.#state, STOPPING, 1)
    if (!this.#socket.closed) wakeReceiver(this.#socket)
  }
}
