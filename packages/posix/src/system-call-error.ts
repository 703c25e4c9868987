import { getSystemErrorName } from 'node:util'

/**
 * A call into libc that failed, with the fields of Node's own system errors: `syscall` is the call, `code` the
 * errno's name (`EBADF`), `errno` its number, negative.
 */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError'
  readonly syscall: string
  readonly errno: number
  readonly code: string

  constructor(syscall: string, errno: number) {
    const code = getSystemErrorName(-errno)
    super(`${syscall}: ${code}`)
    this.syscall = syscall
    this.errno = -errno
    this.code = code
  }
}
