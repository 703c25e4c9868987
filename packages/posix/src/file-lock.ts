import { systemCall } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const flock = systemCall('int flock(int, int)')
const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Locks an open file for this process alone (flock(2)), until its descriptor is closed or the process is gone,
 * however it ends.
 *
 * @param descriptor of the file, as `openSync` gives it
 * @returns false when somebody else holds the lock
 * @throws {SystemCallError} when the call fails for another reason
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function lockFile(descriptor: number): boolean {
  try {
    flock(descriptor, LOCK_EX | LOCK_NB)
    return true
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EAGAIN') return false
    throw error
  }
}
