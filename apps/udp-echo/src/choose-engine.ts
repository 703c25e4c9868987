import { platform } from 'node:os'

import { nativeCallsWork } from '@sockyard/posix/libc'
import { UsageError } from '@sockyard/service/errors'

import type { ServeOptions } from './config.ts'

/** An engine, and why it is not the faster one. */
export interface Choice {
  engine: 'batch' | 'dgram'
  why?: string
}

/**
 * `--engine auto` is `batch` where that works, otherwise `dgram`. Loads koffi to find out.
 *
 * @param isInherited whether the service was started with its socket, which node:dgram takes over
 * @throws {UsageError} when what was asked for cannot be had here
 */
export function chooseEngine(
  { engine, workers }: { engine: ServeOptions['engine']; workers: number },
  isInherited: boolean,
): Choice {
  const missing = engine === 'dgram' ? 'dgram was asked for' : whatBatchLacks(isInherited)
  if (missing === undefined) return { engine: 'batch' }
  if (engine === 'batch') throw new UsageError('--engine', engine, `cannot run here: ${missing}`)
  if (workers > 1)
    throw new UsageError('--workers', String(workers), `takes the engine batch: ${missing}`)
  return { engine: 'dgram', why: missing }
}

function whatBatchLacks(isInherited: boolean): string | undefined {
  if (platform() !== 'linux') return 'recvmmsg(2) is Linux’s'
  if (isInherited) return 'the socket was opened by another program'
  return nativeCallsWork() ? undefined : 'koffi cannot be loaded'
}
