import { systemCall, SystemCallError } from '../ffi/libc.ts'

/** fcntl(2): what can be asked of a descriptor, by Linux's numbers. */
export const FCNTL = {
  F_DUPFD: 0,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_SETOWN: 8,
  F_GETOWN: 9,
} as const

/** ioctl(2) of sockets: how many bytes can be read now (tcp(7), SIOCINQ). */
export const FIONREAD = 0x541b
/** lseek(2): from where one stands. */
export const SEEK_CUR = 1

/**
 * The functions of files, which a socket may be given to as well: the first argument is its descriptor, the
 * others are as in the manual. Each throws SystemCallError when it fails, NativeCallsMissingError where koffi
 * is absent.
 */
export const fileFunctions = {
  dup: systemCall('int dup(int)'),
  dup2: systemCall('int dup2(int, int)'),
  fchdir: systemCall('int fchdir(int)'),
  fchmod: systemCall('int fchmod(int, uint32_t)'),
  fchown: systemCall('int fchown(int, uint32_t, uint32_t)'),
  fcntl: systemCall('int fcntl(int, int, int)'),
  fdatasync: systemCall('int fdatasync(int)'),
  fsync: systemCall('int fsync(int)'),
  ftruncate: systemCall('int ftruncate(int, int64_t)'),
  ioctl: systemCall('int ioctl(int, unsigned long, int *)'),
  lseek: systemCall('int64_t lseek(int, int64_t, int)'),
  read: systemCall('int64_t read(int, uint8_t *, size_t)'),
  write: systemCall('int64_t write(int, const uint8_t *, size_t)'),
  /** Whether a stream stands at its urgent mark (sockatmark(3)): 1 or 0. */
  sockatmark: systemCall('int sockatmark(int)'),
} as const

const flock = systemCall('int flock(int, int)')
const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Locks an open file for this process alone (flock(2)), until its descriptor is closed or the process is gone,
 * however it ends.
 *
 * @param descriptor of the file, as `openSync` gives it
 * @returns false when another process holds the lock
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
