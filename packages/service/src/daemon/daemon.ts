import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'

import { UsageError } from '@sockyard/cli/errors'
import { closeAllOnExec, closeOnExec, detachStandardStreams } from '@sockyard/posix/process'

import { READY_VARIABLE } from '../lifecycle/start-up.ts'

const READY_DESCRIPTOR = 3
/** A daemon's files are for others to read, not to write. */
const UMASK = 0o022

/**
 * Starts the same command again as a daemon: in a session of its own, without a terminal, without any descriptor of
 * ours but standard error, to which it writes errors until it is ready. Node cannot fork(2).
 *
 * @param signal the user interrupts: the daemon is stopped
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
  const isReady = await Promise.race([
    reportsReady(child.stdio[READY_DESCRIPTOR] as Readable),
    exited,
  ])
  if (isReady === true) {
    child.unref()
    return 0
  }
  const [code, killer] = await exited
  return code ?? 128 + (killer === null ? 0 : constants.signals[killer])
}

/** @returns true when it is; never when the daemon ends before: its exit tells that */
async function reportsReady(pipe: Readable): Promise<true> {
  await once(pipe, 'data')
  pipe.destroy()
  return true
}

/** The daemon's side: it is one process from its start to its end. */
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
  async enter(directory: string, pidFile: string | undefined): Promise<void> {
    this.#host.umask(UMASK)
    if (pidFile !== undefined) {
      const { holdPidFile } = await import('./pid-file.ts')
      // Before others that end the process at exit: a syslog daemon that has stopped must not keep the file.
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
      // The command was killed meanwhile.
    }
    closeSync(READY_DESCRIPTOR)
  }
}
