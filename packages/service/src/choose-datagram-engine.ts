import { platform } from 'node:os'

import { nativeCallsWork } from '@sockyard/posix/libc'

import { UsageError } from './errors.ts'

/** `batch`: many datagrams a system call. `dgram`: node:dgram. */
export type DatagramEngine = 'batch' | 'dgram'

/**
 * `--engine auto` is `batch` where that works, otherwise `dgram`. Loads koffi to find out.
 *
 * @param lack why `batch` is not possible here, for a reason of the app's own
 * @throws {UsageError} when `batch` was asked for and is not possible here
 */
export function chooseDatagramEngine(
  asked: 'auto' | DatagramEngine,
  lack: () => string | undefined = () => undefined,
): DatagramEngine {
  if (asked === 'dgram') return asked
  const missing = whatIsMissing() ?? lack()
  if (missing === undefined) return 'batch'
  if (asked === 'batch') throw new UsageError('--engine', asked, `cannot run here: ${missing}`)
  return 'dgram'
}

function whatIsMissing(): string | undefined {
  if (platform() !== 'linux') return 'recvmmsg(2) and sendmmsg(2) are Linux’s'
  return nativeCallsWork() ? undefined : 'koffi cannot be loaded'
}
