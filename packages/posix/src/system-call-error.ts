import { getSystemErrorName } from 'node:util'

/** What a call into libc takes: numbers, strings, memory (its address is passed), an address, or null. */
export type NativeValue = number | bigint | string | ArrayBufferView | null

/**
 * A call into libc that failed, with the fields of Node's own system errors: `syscall` is the call, `code` the
 * errno's name (`EBADF`), `errno` its number, negative. `values` are the arguments it was called with, as text;
 * memory is told by its length.
 */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError'
  readonly syscall: string
  readonly errno: number
  readonly code: string
  readonly values: readonly string[]

  constructor(syscall: string, errno: number, values: readonly NativeValue[] = []) {
    const code = getSystemErrorName(-errno)
    const told = values.map(tell)
    super(`${syscall}: ${code}${told.length === 0 ? '' : ` (called with ${told.join(', ')})`}`)
    this.syscall = syscall
    this.errno = -errno
    this.code = code
    this.values = told
  }
}

function tell(value: NativeValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'object' ? `${value.byteLength} bytes` : String(value)
}
