import { Worker } from 'node:worker_threads'

import { NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'

import { atExit } from './at-exit.ts'
import { threadError } from './thread-error.ts'

/** What its data needs at most; V8 would take 40 MB and more before it collects anything. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 }

/** What a blocking thread is told to do: `stop` when its work is done, `end` at once. */
export type Order = 'go on' | 'stop' | 'end'
const ORDERS: readonly Order[] = ['go on', 'stop', 'end']

/** What a blocking thread is started with: `OrderBook.from(workerData)` reads it. */
export interface BlockingThreadStart {
  orders: Int32Array
  wakeDescriptor: number
  data: unknown
}

export interface BlockingThreadOptions {
  /** Runs in the thread. What it imports costs memory once more. */
  module: URL
  /** What the thread is given, by structured cloning. */
  data: unknown
  /** What the thread posts. */
  onMessage: (message: unknown) => void
  /** The thread has ended by an error. */
  onFailure: (error: Error) => void
}

/** A thread that waits in calls of the kernel, not in an event loop: its orders stand in shared memory. */
export class BlockingThread {
  readonly #orders = new Int32Array(new SharedArrayBuffer(4))
  readonly #bell: NativeSocket
  /** Fulfilled when the thread is over. */
  readonly ended: Promise<void>

  /** Starts it. @throws {SystemCallError} EMFILE when there is no descriptor for it */
  constructor(options: BlockingThreadOptions) {
    const [mine, theirs] = NativeSocket.pair({ type: 'datagram', nonBlocking: true })
    this.#bell = mine
    const worker = this.#start(options, theirs)
    // The end of a process waits for its threads, and they for the kernel.
    const takeBack = atExit(() => this.order('end'))
    this.ended = new Promise((resolve) =>
      worker.once('exit', () => {
        takeBack()
        mine.close()
        resolve()
      }),
    )
  }

  #start(
    { module, data, onMessage, onFailure }: BlockingThreadOptions,
    bell: NativeSocket,
  ): Worker {
    try {
      const workerData = { orders: this.#orders, wakeDescriptor: bell.descriptor, data }
      const worker = new Worker(module, { workerData, resourceLimits: LIMITS, execArgv: [] })
      worker.on('message', onMessage)
      worker.on('error', (error) => onFailure(threadError(error)))
      bell.release()
      return worker
    } catch (error) {
      bell.close()
      this.#bell.close()
      throw error
    }
  }

  /** Tells the thread, and wakes it; one that has ended, or is about to, needs no order. */
  order(order: Exclude<Order, 'go on'>): void {
    if (this.#bell.closed) return
    Atomics.store(this.#orders, 0, ORDERS.indexOf(order))
    try {
      this.#bell.send(Uint8Array.of(1))
    } catch (error) {
      if (!(error instanceof SystemCallError && error.code === 'ECONNREFUSED')) throw error
    }
  }
}

/** The thread's side: what it is told to do, and the socket that wakes it. */
export class OrderBook {
  readonly #orders: Int32Array
  /** Readable when there is a new order. */
  readonly bell: NativeSocket

  constructor({ orders, wakeDescriptor }: BlockingThreadStart) {
    this.#orders = orders
    this.bell = NativeSocket.adopt(wakeDescriptor)
  }

  /** The last order. */
  read(): Order {
    const nothing = new Uint8Array(1)
    while (this.bell.receive(nothing) !== undefined);
    return ORDERS[Atomics.load(this.#orders, 0)] ?? 'go on'
  }
}
