import { readdirSync } from 'node:fs'

import { systemCall } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const fcntl = systemCall('int fcntl(int, int, int)')
const F_SETFD = 2
const FD_CLOEXEC = 1

/**
 * Keeps every descriptor of this process but the standard streams from the programs that it starts (fcntl(2),
 * FD_CLOEXEC), also those that it was itself started with: a daemon holds no file of whoever started it.
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
