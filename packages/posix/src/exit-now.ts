import { libcFunction } from './libc.ts'

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
