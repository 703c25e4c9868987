import { parentPort, workerData } from 'node:worker_threads'

/** A thread of the parallel server: thinks, in a call that blocks as the work of a real one would, and answers. */
const { thinkMillis } = workerData as { thinkMillis: number }
const clock = new Int32Array(new SharedArrayBuffer(4))

parentPort?.on('message', (bytes: Uint8Array) => {
  if (thinkMillis > 0) Atomics.wait(clock, 0, 0, thinkMillis)
  parentPort?.postMessage(bytes, [])
})
