import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import { NativeSocket } from '@sockyard/posix/socket'

import { NativeUdpSocket } from './native-udp-socket.ts'
import { UdpCounters } from './udp-counters.ts'
import type { OnDatagrams } from './udp-socket.ts'

/** Words of the memory that a thread shares with the process: whether it is to stop, and whether it has started. */
export const STOPPING = 0
export const STARTED = 1

/** What a thread is started with. */
export interface UdpThreadStart {
  descriptor: number
  /** At STOPPING and STARTED, 1 when it is so. */
  state: Int32Array
  numbers: Float64Array<SharedArrayBuffer>
  maximumDatagramBytes: number | undefined
  /** Exports `createHandler`. */
  module: string
  data: unknown
}

/** What the module of a thread exports as `createHandler`. */
export type CreateHandler = (data: unknown, post: (message: unknown) => void) => OnDatagrams

/** Waits for the datagrams of one socket and has them handled, until it is stopped. */
async function run({ descriptor, state, ...start }: UdpThreadStart): Promise<void> {
  const { createHandler } = (await import(start.module)) as { createHandler: CreateHandler }
  const socket = new NativeUdpSocket(NativeSocket.adopt(descriptor), {
    counters: new UdpCounters(undefined, start.numbers),
    onDatagrams: createHandler(start.data, (message) => parentPort?.postMessage(message, [])),
    maximumDatagramBytes: start.maximumDatagramBytes,
  })
  Atomics.store(state, STARTED, 1)
  Atomics.notify(state, STARTED)
  while (Atomics.load(state, STOPPING) === 0) socket.receive(true)
  socket.close()
}

if (!isMainThread) await run(workerData as UdpThreadStart)
