import { Worker } from 'node:worker_threads'

import type { Finding } from './fuzz-loop.ts'
import { WatchedInput } from './watched-input.ts'
import type { WorkerResult, WorkerSettings } from './worker.ts'

/** As `Finding`, and what only a parent sees: a thread that hangs. */
export type AnyFinding = Omit<Finding, 'kind'> & { kind: Finding['kind'] | 'hangs' }

export type TargetResult = Omit<WorkerResult, 'finding'> & { finding: AnyFinding | undefined }

/** One input for so long is no busy machine. */
const HANG_MILLIS = 20_000
const LOOK_MILLIS = 1000

/**
 * Runs a target in a thread, until its time is over or something is found.
 *
 * @param options.hangMillis an input that takes longer than this hangs
 * @throws {Error} when the target cannot be loaded
 */
export async function runTarget(
  settings: Omit<WorkerSettings, 'watched'>,
  { hangMillis = HANG_MILLIS }: { hangMillis?: number } = {},
): Promise<TargetResult> {
  const watched = new WatchedInput()
  const workerData: WorkerSettings = { ...settings, watched: watched.memory }
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData })
  const { promise, resolve, reject } = Promise.withResolvers<TargetResult>()
  worker.once('message', resolve).once('error', reject)
  worker.once('exit', () =>
    reject(new Error(`${settings.name}: the thread ended without a result`)),
  )
  const stopWatching = watch(watched, hangMillis, (reason) =>
    resolve({
      inputs: watched.begun,
      corpus: [],
      taken: 0,
      branches: 0,
      finding: { kind: 'hangs', input: watched.input, reason },
    }),
  )
  try {
    return await promise
  } finally {
    stopWatching()
    await worker.terminate()
  }
}

/** Calls `onHang` once the same input has been running for that long. */
function watch(watched: WatchedInput, millis: number, onHang: (reason: string) => void) {
  let [last, since] = [watched.begun, performance.now()]
  const timer = setInterval(
    () => {
      const now = performance.now()
      if (watched.begun !== last) [last, since] = [watched.begun, now]
      // Before its first input it loads the target.
      else if (last !== 0 && now - since > millis)
        onHang(`no result after ${Math.round((now - since) / 1000)} s`)
    },
    Math.min(LOOK_MILLIS, millis / 2),
  )
  return () => clearInterval(timer)
}
