import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { rmSync, statSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'

import { UsageError } from '@sockyard/cli/errors'
import { isSystemError, NetworkError } from '@sockyard/net/errors'
import { lockFile } from '@sockyard/posix/process'

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
/** Readable by all users, with any umask. */
const MODE = 0o644

/** Another process holds the pid file. */
class AlreadyRunningError extends NetworkError {
  override readonly name = 'AlreadyRunningError'
  readonly path: string
  /** The process number that the file holds. */
  readonly holder: string

  constructor(path: string, holder: string) {
    super(`${path}: already running as process ${holder}`, { errorClass: 'OTHER' })
    this.path = path
    this.holder = holder
  }
}

/**
 * Writes the number of a daemon into a file that no other daemon can write meanwhile. The lock tells a daemon that
 * runs from the file that a killed one has left behind, even when its number was reused.
 *
 * @returns what removes the file
 * @throws {AlreadyRunningError} when a daemon that runs holds it
 * @throws {UsageError} when the file cannot be written
 */
export function holdPidFile(name: string, pid: number): () => void {
  const path = resolve(name)
  const descriptor = openLocked(path)
  ftruncateSync(descriptor)
  writeSync(descriptor, `${pid}\n`, 0)
  return () => rmSync(path, { force: true })
}

/** A daemon that ends removes its file: the lock of an unlinked file protects nothing. */
function openLocked(path: string): number {
  for (;;) {
    const descriptor = openFile(path)
    if (!lockFile(descriptor)) {
      const holder = readFileSync(descriptor, 'utf8').trim()
      closeSync(descriptor)
      throw new AlreadyRunningError(path, holder)
    }
    if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(descriptor).ino)
      return descriptor
    closeSync(descriptor)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, FLAGS, MODE)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new UsageError('--pid-file', path, `cannot be written (${error.code})`)
  }
}
