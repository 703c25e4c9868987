import { existsSync } from 'node:fs'
import { constants } from 'node:os'

import { UsageError } from '@sockyard/cli/errors'
import { failureOf, NetworkError, networkError } from '@sockyard/net/errors'
import { NativeCallsMissingError } from '@sockyard/posix/ffi'
import { ResolverError } from '@sockyard/posix/netdb'
import { exitNow } from '@sockyard/posix/process'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { libraryText, type Sources } from './name-service.ts'
import { createReport } from './report.ts'

interface Question {
  command: string
  /** The sources that libc consults; empty where it needs none. */
  sources: readonly Sources[]
}

/** Reports one answer. */
export type Emit = (answer: LookupAnswer) => void

/**
 * Runs one look-up and reports its question, its answers, and where they came from.
 *
 * @param work asks, reports each answer, and returns the source that answered, null where that is unknown
 * @throws {NetworkError} when there is no answer
 * @throws {UsageError} for a question that the resolver rejects
 */
export async function runLookup(
  context: CommandContext<{ json: boolean }>,
  { command, sources }: Question,
  work: (emit: Emit) => Promise<string | null>,
): Promise<number> {
  const { operands, options, signal, stdout } = context
  const report = createReport(stdout, options.json)
  let found = 0
  const emit: Emit = (answer) => {
    found += 1
    report.sample(answer)
  }
  try {
    const library = libraryText()
    report.start({ command, question: [...operands], library, sources: [...sources] })
    const answeredBy = await unlessAborted(signal, work(emit))
    report.end({ found, answeredBy })
    return 0
  } catch (error) {
    if (signal.aborted) return stopNow(signal)
    const failure = lookupError(error)
    if (options.json && failure instanceof NetworkError)
      report.end({ found, answeredBy: null, error: failureOf(failure) })
    throw failure
  }
}

async function unlessAborted<Value>(signal: AbortSignal, answer: Promise<Value>): Promise<Value> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([answer, promise])
}

/** A call of libc that waits for a name server cannot be cancelled, and Node would wait for it to return. */
function stopNow({ reason }: AbortSignal): number {
  const exitCode = exitCodeOf(String(reason))
  exitNow(exitCode)
  return exitCode
}

/** Of a signal as a shell reports it; 0 when the reader of the output left, 1 when writing it failed. */
function exitCodeOf(reason: string): number {
  const numbers: Readonly<Record<string, number>> = constants.signals
  const number = numbers[reason]
  if (number !== undefined) return 128 + number
  return reason === 'output closed' ? 0 : 1
}

/** Errors of the resolver about the question, not about the data. */
const USAGE: ReadonlySet<string> = new Set(['EAI_BADFLAGS', 'EAI_FAMILY', 'EAI_SOCKTYPE'])

/** services(5) and protocols(5). */
const FILE_OF = { services: '/etc/services', protocols: '/etc/protocols' } as const

/**
 * The error for the user: exit code 1 when there is no answer, 2 for a wrong question.
 *
 * @throws {unknown} an error that is neither the resolver's nor the system's, unchanged
 */
function lookupError(error: unknown): NetworkError | UsageError {
  if (error instanceof UsageError) return error
  if (error instanceof ResolverError) return resolverFailure(error)
  if (error instanceof NativeCallsMissingError)
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

/** The database has no such entry, or does not exist. */
export function notFound(database: 'services' | 'protocols', question: string): NetworkError {
  const missing = missingDatabase(database)
  const words = missing === undefined ? 'not found' : `not found: ${missing}`
  return new NetworkError(`${question}: ${words}`, { errorClass: 'DNS', code: 'NOT_FOUND' })
}

/** The whole database is empty. */
export function emptyDatabase(database: 'hosts' | 'services' | 'protocols'): NetworkError {
  const missing = database === 'hosts' ? undefined : missingDatabase(database)
  const words = missing ?? 'the database is empty, or libc cannot enumerate it'
  return new NetworkError(`${database}: ${words}`, { errorClass: 'DNS', code: 'NOT_FOUND' })
}

function missingDatabase(database: 'services' | 'protocols'): string | undefined {
  const file = FILE_OF[database]
  if (existsSync(file)) return undefined
  return `there is no ${file} (Debian has it in the package netbase)`
}
