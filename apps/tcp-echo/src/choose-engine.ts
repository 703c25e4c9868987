import { platform } from 'node:os'

import { nativeCallsWork } from '@sockyard/posix/libc'
import { UsageError } from '@sockyard/service/errors'

import type { ServeOptions } from './config.ts'

/** An engine, and why it is not the faster one. */
export interface Choice {
  engine: 'epoll' | 'node'
  why?: string
}

/**
 * `--engine auto` is `epoll` where that works, otherwise `node`. Loads koffi to find out.
 *
 * @param isInherited whether the service was started with its socket, which node:net takes over
 * @throws {UsageError} when what was asked for cannot be had here
 */
export function chooseEngine(
  { engine, workers }: { engine: ServeOptions['engine']; workers: number },
  isInherited: boolean,
): Choice {
  const missing = engine === 'node' ? 'node was asked for' : whatEpollLacks(isInherited)
  if (missing === undefined) return { engine: 'epoll' }
  if (engine === 'epoll') throw new UsageError('--engine', engine, `cannot run here: ${missing}`)
  if (workers > 1)
    throw new UsageError('--workers', String(workers), `takes the engine epoll: ${missing}`)
  return { engine: 'node', why: missing }
}

/** Why the engine cannot run here, if it cannot. Loads koffi to find out. */
export function whatEpollLacks(isInherited: boolean): string | undefined {
  if (platform() !== 'linux') return 'epoll(7) is Linux’s'
  if (isInherited) return 'the socket was opened by another program'
  return nativeCallsWork() ? undefined : 'koffi cannot be loaded'
}
