import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'

import { closeAllOnExec, closeOnExec } from '@sockyard/posix/close-on-exec'
import { detachStandardStreams } from '@sockyard/posix/standard-streams'

import { UsageError } from './errors.ts'
import { READY_VARIABLE } from './is-daemon.ts'

const READY_DESCRIPTOR = 3
/** A daemon's files are for others to read, not to write. */
const UMASK = 0o022

/**
 * Starts the same command again as a daemon: in a session of its own, without a terminal, without any descriptor of
 * ours but standard error, on which it complains until it is ready. Node cannot fork(2).
 *
 * @param signal the user has lost patience: the daemon is stopped
 * @returns the exit code: 0 once the daemon is ready, else the daemon's own
 */
export async function startDaemon(host: NodeJS.Process, signal: AbortSignal): Promise<number> {
  closeAllOnExec()
  const child = spawn(host.execPath, [...host.execArgv, ...host.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: { ...host.env, [READY_VARIABLE]: String(READY_DESCRIPTOR) },
  })
  const stop = (): void => void child.kill()
  signal.addEventListener('abort', stop, { once: true })
  // While the configuration was checked.
  if (signal.aborted) stop()
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const isReady = await Promise.race([saysReady(child.stdio[READY_DESCRIPTOR] as Readable), exited])
  if (isReady === true) {
    child.unref()
    return 0
  }
  const [code, killer] = await exited
  return code ?? 128 + (killer === null ? 0 : constants.signals[killer])
}

/** @returns true when it is; never when the daemon ends before: its exit tells that */
async function saysReady(pipe: Readable): Promise<true> {
  await once(pipe, 'data')
  pipe.destroy()
  return true
}

/** What a daemon does of its own: it is one process from its start to its end. */
export class Daemon {
  readonly #host: NodeJS.Process

  constructor(host: NodeJS.Process) {
    this.#host = host
    delete host.env[READY_VARIABLE]
    closeOnExec(READY_DESCRIPTOR)
  }

  /**
   * Leaves the directory it was started in, and takes the pid file.
   *
   * @throws {UsageError} when there is no such directory, or the pid file cannot be written
   * @throws {AlreadyRunningError} when another daemon holds the pid file
   */
  async settle(directory: string, pidFile: string | undefined): Promise<void> {
    this.#host.umask(UMASK)
    if (pidFile !== undefined) {
      const { holdPidFile } = await import('./pid-file.ts')
      // Before whoever ends the process at once: a syslog daemon that has stopped must not keep the file.
      this.#host.prependOnceListener('exit', holdPidFile(pidFile, this.#host.pid))
    }
    try {
      this.#host.chdir(directory)
    } catch {
      throw new UsageError('--directory', directory, 'must be a directory that can be entered')
    }
  }

  /** Lets the command that started it end, and writes to its terminal no more. */
  ready(): void {
    detachStandardStreams()
    try {
      writeSync(READY_DESCRIPTOR, '\n')
    } catch {
      // It was killed meanwhile: nobody waits any more.
    }
    closeSync(READY_DESCRIPTOR)
  }
}
