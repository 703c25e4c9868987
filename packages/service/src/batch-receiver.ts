import type { NativeSocket } from '@sockyard/posix/native-socket'
import { ReceivedDatagrams, type SharedDatagrams } from '@sockyard/posix/received-datagrams'

import { DatagramThread } from './datagram-thread.ts'

export interface BatchReceiverOptions {
  /** Bound, joined, with its options set (`tellDetails`), not non-blocking; stays the caller's to close. */
  socket: NativeSocket
  /** Batches that may wait for this thread; 8 by default. When all do, datagrams wait in the kernel's buffer. */
  batches?: number
  /** Datagrams in a batch at most; 64 by default. */
  datagrams?: number
  /** Bytes that each has room for; 65,535 by default. */
  datagramBytes?: number
  /** What came in: good until this returns. */
  onBatch: (received: ReceivedDatagrams) => void
  /** Nothing comes in any more. */
  onFailure: (error: Error) => void
}

/** What the thread is given. */
export interface BatchReceiverData {
  datagrams: number
  datagramBytes: number
  /** One for each batch: 1 when it may be received into. */
  free: Int32Array
}

/** What it posts: once for each batch its memory, and then which one has how many datagrams. */
export type BatchReceiverMessage = SharedDatagrams | { batch: number; count: number }

/**
 * Receives with a thread of its own (recvmmsg(2)), and hands over what came in without copying it: both threads
 * see the same memory.
 */
export class BatchReceiver {
  readonly #thread: DatagramThread
  readonly #free: Int32Array
  readonly #batches: ReceivedDatagrams[] = []
  readonly #onBatch: (received: ReceivedDatagrams) => void

  /** Begins to receive. @throws {SystemCallError} EMFILE when there is no descriptor for the thread */
  constructor(options: BatchReceiverOptions) {
    const { batches = 8, datagrams = 64, datagramBytes = 65_535, socket, onFailure } = options
    this.#onBatch = options.onBatch
    this.#free = new Int32Array(new SharedArrayBuffer(4 * batches)).fill(1)
    const data: BatchReceiverData = { datagrams, datagramBytes, free: this.#free }
    this.#thread = new DatagramThread({
      module: new URL('batch-receiver-thread.ts', import.meta.url),
      socket,
      data,
      onMessage: (message) => this.#take(message as BatchReceiverMessage),
      onFailure,
    })
  }

  /** Fulfilled when the thread waits for datagrams. */
  get started(): Promise<unknown> {
    return this.#thread.started
  }

  /** Reads no more; what was read already is handed over before this is fulfilled. */
  stop(): Promise<void> {
    return this.#thread.stop()
  }

  #take(message: BatchReceiverMessage): void {
    if ('records' in message) this.#batches.push(new ReceivedDatagrams(message))
    else this.#handOver(message.batch, message.count)
  }

  #handOver(index: number, count: number): void {
    const received = this.#batches[index]
    if (received === undefined) return
    received.count = count
    this.#onBatch(received)
    Atomics.store(this.#free, index, 1)
    Atomics.notify(this.#free, index)
  }
}
