import { parentPort, workerData } from 'node:worker_threads'

import { NativeSocket } from '@sockyard/posix/native-socket'
import type { ReceiveBatch } from '@sockyard/posix/receive-batch'

import { type DatagramThreadStart, STARTED, STOPPING } from './datagram-thread-start.ts'

/** What a thread does with its socket. */
export interface DatagramLoop {
  /** Where the next datagrams go; asked each time, it may take turns. Undefined ends the thread. */
  batch(): ReceiveBatch | undefined
  /** There are datagrams in it. */
  onBatch(batch: ReceiveBatch): void
}

/**
 * The whole of a thread that DatagramThread started: waits for datagrams and hands them on, until it is stopped.
 *
 * @param create gets the socket, for replies, the `data` of DatagramThread, and `post`, which calls its `onMessage`
 * @example
 * runDatagramThread((socket, data, post) => {
 *   const received = new ReceiveBatch()
 *   return { batch: () => received, onBatch: (batch) => … }
 * })
 */
export function runDatagramThread(
  create: (socket: NativeSocket, data: unknown, post: (message: unknown) => void) => DatagramLoop,
): void {
  const { descriptor, state, data } = workerData as DatagramThreadStart
  using socket = NativeSocket.adopt(descriptor)
  const loop = create(socket, data, (message) => parentPort?.postMessage(message, []))
  Atomics.store(state, STARTED, 1)
  Atomics.notify(state, STARTED)
  while (Atomics.load(state, STOPPING) === 0) {
    const batch = loop.batch()
    if (batch === undefined) return
    if (batch.receive(socket) > 0) loop.onBatch(batch)
  }
}
