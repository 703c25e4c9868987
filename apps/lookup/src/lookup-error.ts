import { existsSync } from 'node:fs'

import { NativeCallsMissingError } from '@sockyard/posix/libc'
import { ResolverError } from '@sockyard/posix/resolver-error'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import { NetworkError, networkError, UsageError } from '@sockyard/service/errors'

/** What the resolver refuses because of how it was asked, not because of what there is. */
const USAGE: ReadonlySet<string> = new Set(['EAI_BADFLAGS', 'EAI_FAMILY', 'EAI_SOCKTYPE'])

/** services(5) and protocols(5). */
const FILE_OF = { services: '/etc/services', protocols: '/etc/protocols' } as const

/**
 * What goes to the user: exit code 1 when the answer is no, 2 when the question cannot be asked so.
 *
 * @throws {unknown} what is neither the resolver's nor the system's, as it is
 */
export function lookupError(error: unknown): NetworkError | UsageError {
  if (error instanceof UsageError) return error
  if (error instanceof ResolverError) return resolverFailure(error)
  if (error instanceof NativeCallsMissingError || error instanceof SystemCallError)
    return new NetworkError(error.message, { errorClass: 'OTHER', cause: error })
  if (error instanceof NetworkError || (error instanceof Error && 'syscall' in error))
    return networkError(error)
  throw error
}

function resolverFailure(error: ResolverError): NetworkError | UsageError {
  const { code, reason, values, message, systemCode } = error
  if (USAGE.has(code)) return new UsageError(values.join(' '), undefined, `${code} (${reason})`)
  const errorClass = systemCode === undefined ? 'DNS' : 'OTHER'
  return new NetworkError(message, { errorClass, code, cause: error })
}

/** The database holds no such entry, or is not there at all. */
export function notFound(database: 'services' | 'protocols', question: string): NetworkError {
  const missing = missingDatabase(database)
  const words = missing === undefined ? 'not found' : `not found: ${missing}`
  return new NetworkError(`${question}: ${words}`, { errorClass: 'DNS', code: 'NOT_FOUND' })
}

/** The whole database is empty. */
export function emptyDatabase(database: 'hosts' | 'services' | 'protocols'): NetworkError {
  const missing = database === 'hosts' ? undefined : missingDatabase(database)
  const words = missing ?? 'the database is empty, or libc has no way to go through it'
  return new NetworkError(`${database}: ${words}`, { errorClass: 'DNS', code: 'NOT_FOUND' })
}

function missingDatabase(database: 'services' | 'protocols'): string | undefined {
  const file = FILE_OF[database]
  if (existsSync(file)) return undefined
  return `there is no ${file} (Debian has it in the package netbase)`
}
