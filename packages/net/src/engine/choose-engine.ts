import { platform } from 'node:os'

import { nativeCallsWork } from '@sockyard/posix/ffi'

import { ConfigurationError } from '../errors/errors.ts'

/** `native`: system calls by posix (epoll, recvmmsg, sendmmsg). `node`: node:net and node:dgram. */
export type Engine = 'native' | 'node'

/** The engine that runs, and why. */
export interface EngineChoice {
  readonly engine: Engine
  /** For the log: `asked for`, `the faster one`, or what `native` lacks here. */
  readonly why: string
}

/**
 * What `--engine` means here: `auto` is `native` where that works, otherwise `node`. Loads koffi to find out.
 *
 * @throws {ConfigurationError} when `native` was asked for and is not possible here
 */
export function chooseEngine(asked: 'auto' | Engine): EngineChoice {
  if (asked === 'node') return { engine: 'node', why: 'asked for' }
  const missing = whatIsMissing()
  if (missing === undefined)
    return { engine: 'native', why: asked === 'native' ? 'asked for' : 'the faster one' }
  if (asked === 'native')
    throw new ConfigurationError('--engine', asked, `cannot run here: ${missing}`)
  return { engine: 'node', why: missing }
}

function whatIsMissing(): string | undefined {
  if (platform() !== 'linux') return 'it needs Linux'
  return nativeCallsWork() ? undefined : 'koffi cannot be loaded'
}
