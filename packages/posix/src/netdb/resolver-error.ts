import { getSystemErrorName } from 'node:util'

import { libcFunction } from '../ffi/libc.ts'

const gai_strerror = libcFunction('const char *gai_strerror(int)')
const hstrerror = libcFunction('const char *hstrerror(int)')

/** getaddrinfo(3), by number; musl has the same numbers. The last ones are glibc's alone. */
const GETADDRINFO_CODES: Readonly<Record<number, string>> = {
  [-1]: 'EAI_BADFLAGS',
  [-2]: 'EAI_NONAME',
  [-3]: 'EAI_AGAIN',
  [-4]: 'EAI_FAIL',
  [-5]: 'EAI_NODATA',
  [-6]: 'EAI_FAMILY',
  [-7]: 'EAI_SOCKTYPE',
  [-8]: 'EAI_SERVICE',
  [-9]: 'EAI_ADDRFAMILY',
  [-10]: 'EAI_MEMORY',
  [-11]: 'EAI_SYSTEM',
  [-12]: 'EAI_OVERFLOW',
  [-105]: 'EAI_IDN_ENCODE',
}
export const EAI_SYSTEM = -11

/** gethostbyname(3): the values of h_errno. */
const HOST_CODES: Readonly<Record<number, string>> = {
  [-1]: 'NETDB_INTERNAL',
  1: 'HOST_NOT_FOUND',
  2: 'TRY_AGAIN',
  3: 'NO_RECOVERY',
  4: 'NO_DATA',
}

interface ResolverErrorFacts {
  syscall: string
  code: string
  number: number
  /** libc's own words. */
  reason: string
  /** The names it was asked for. */
  values: readonly string[]
  /** Its number, for EAI_SYSTEM and NETDB_INTERNAL. */
  errno?: number | undefined
}

/**
 * The resolver's own error: `code` is its name (`EAI_NONAME`, or `HOST_NOT_FOUND` of gethostbyname(3)), `reason`
 * the words of gai_strerror(3) or hstrerror(3), `systemCode` the errno's name when `code` is EAI_SYSTEM or
 * NETDB_INTERNAL. `syscall` is the call, `values` what it was asked for.
 */
export class ResolverError extends Error {
  override readonly name = 'ResolverError'
  readonly syscall: string
  readonly code: string
  readonly number: number
  readonly reason: string
  readonly values: readonly string[]
  readonly systemCode: string | undefined

  constructor({ syscall, code, number, reason, values, errno }: ResolverErrorFacts) {
    const systemCode = errno === undefined ? undefined : getSystemErrorName(-errno)
    const detail = systemCode === undefined ? '' : `, ${systemCode}`
    super(`${syscall} ${values.join(' ')}: ${code}${detail} (${reason})`)
    this.syscall = syscall
    this.code = code
    this.number = number
    this.reason = reason
    this.values = values
    this.systemCode = systemCode
  }
}

/**
 * The error of getaddrinfo(3) or getnameinfo(3) with this number.
 *
 * @param errno of the call; it means something for EAI_SYSTEM only
 */
export function addressInfoError(
  syscall: string,
  number: number,
  values: readonly string[],
  errno: number,
): ResolverError {
  const code = GETADDRINFO_CODES[number] ?? `EAI_${number}`
  return new ResolverError({
    syscall,
    code,
    number,
    reason: String(gai_strerror(number)),
    values,
    errno: number === EAI_SYSTEM ? errno : undefined,
  })
}

/** The error of gethostbyname(3) or gethostbyaddr(3) with this h_errno. */
export function hostError(
  syscall: string,
  number: number,
  values: readonly string[],
  errno?: number,
): ResolverError {
  const code = HOST_CODES[number] ?? `h_errno ${number}`
  return new ResolverError({
    syscall,
    code,
    number,
    reason: String(hstrerror(number)),
    values,
    errno: number === -1 ? errno : undefined,
  })
}
