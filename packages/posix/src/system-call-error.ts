import { getSystemErrorName } from 'node:util'

/** A call into libc that failed. `code` is the errno's name (`EBADF`), `errno` its number. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError'
  readonly call: string
  readonly errno: number
  readonly code: string

  constructor(call: string, errno: number) {
    const code = getSystemErrorName(-errno)
    super(`${call}: ${code}`)
    this.call = call
    this.errno = errno
    this.code = code
  }
}
