import { closeSync, openSync, readdirSync } from 'node:fs'

import { libcFunction, systemCall, SystemCallError } from '../ffi/libc.ts'

const exitCall = libcFunction('void _exit(int)')

/**
 * Ends this process at once (_exit(2)), while a call of libc's that cannot be interrupted waits on another thread:
 * `process.exit` would wait for that thread. Nothing is flushed, no handler runs.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function exitNow(exitCode: number): void {
  exitCall(exitCode)
}

const dup2 = systemCall('int dup2(int, int)')

/**
 * Lets go of the terminal, pipe or socket that the standard streams (0, 1 and 2) are: from now on they read
 * nothing and write to nowhere (dup2(2), null(4)).
 *
 * @throws {SystemCallError} when a call fails
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function detachStandardStreams(): void {
  const nowhere = openSync('/dev/null', 'r+')
  for (const stream of [0, 1, 2]) dup2(nowhere, stream)
  closeSync(nowhere)
}

const fcntl = systemCall('int fcntl(int, int, int)')
const F_SETFD = 2
const FD_CLOEXEC = 1

/**
 * Keeps every descriptor of this process but the standard streams from the programs that it starts (fcntl(2),
 * FD_CLOEXEC), also those that it was itself started with: a daemon keeps no inherited file open.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function closeAllOnExec(): void {
  for (const number of readdirSync('/proc/self/fd').map(Number)) if (number > 2) closeIfOpen(number)
}

/**
 * Keeps one descriptor from them.
 *
 * @throws {SystemCallError} EBADF when it is not open
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function closeOnExec(number: number): void {
  fcntl(number, F_SETFD, FD_CLOEXEC)
}

/** The directory itself was open while it was read. */
function closeIfOpen(number: number): void {
  try {
    closeOnExec(number)
  } catch (error) {
    if (!(error instanceof SystemCallError && error.code === 'EBADF')) throw error
  }
}
