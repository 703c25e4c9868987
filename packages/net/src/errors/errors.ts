import { getSystemErrorMessage } from 'node:util'

import { formatAddress } from '../address/addresses.ts'

/** The class of a network error, as clients print it. */
export type ErrorClass = 'TIMEOUT' | 'DNS' | 'REFUSED' | 'UNREACHABLE' | 'RESET' | 'OTHER'

/** A setting that cannot be used here, named as its user gave it. Ends the process with exit code 2. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly field: string
  readonly value: string | undefined
  readonly allowed: string

  /**
   * @param field what the user can find again: `--port`, `environment variable PORT`, `HOST`
   * @param value what was given, or undefined when nothing was
   * @param allowed what would have been right, as in "must be 0 to 65535"
   */
  constructor(field: string, value: string | undefined, allowed: string) {
    super(value === undefined ? `${field}: ${allowed}` : `${field} ${value || '""'}: ${allowed}`)
    this.field = field
    this.value = value
    this.allowed = allowed
  }
}

/** The network did not do what was asked. Ends the process with exit code 1. */
export class NetworkError extends Error {
  override readonly name: string = 'NetworkError'
  readonly errorClass: ErrorClass
  readonly host: string | undefined
  readonly port: number | undefined
  /** The errno name, such as ECONNREFUSED, when the system gave one. */
  readonly code: string | undefined

  constructor(message: string, facts: NetworkErrorFacts) {
    super(message, { cause: facts.cause })
    this.errorClass = facts.errorClass
    this.host = facts.host
    this.port = facts.port
    this.code = facts.code
  }
}

/** What a `NetworkError` is made of. */
export interface NetworkErrorFacts {
  errorClass: ErrorClass
  host?: string | undefined
  port?: number | undefined
  code?: string | undefined
  cause?: unknown
}

/** Another socket is bound to the address already. */
export class AddressInUseError extends NetworkError {
  override readonly name = 'AddressInUseError'
}

const ERROR_CLASS_OF: Readonly<Record<string, ErrorClass>> = {
  ETIMEDOUT: 'TIMEOUT',
  ENOTFOUND: 'DNS',
  EAI_AGAIN: 'DNS',
  EAI_FAIL: 'DNS',
  EAI_NODATA: 'DNS',
  EAI_NONAME: 'DNS',
  ENODATA: 'DNS',
  ESERVFAIL: 'DNS',
  ECONNREFUSED: 'REFUSED',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EADDRNOTAVAIL: 'UNREACHABLE',
  EHOSTDOWN: 'UNREACHABLE',
  ENETDOWN: 'UNREACHABLE',
  ECONNRESET: 'RESET',
  ECONNABORTED: 'RESET',
  EPIPE: 'RESET',
}

const MEANING_OF: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'no interface here has that address',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the peer',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve now',
  ETIMEDOUT: 'no answer in time',
}

/** An error as Node gives it for a system call: net.Socket, dgram and dns all use these fields. */
interface SystemError extends Error {
  code: string
  /** Negative; a resolver's error has none. */
  errno?: unknown
  syscall: string
  address?: string
  hostname?: string
  port?: number
}

/** Whether Node made this error from an errno or a resolver's code. */
export function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error
  )
}

/**
 * Says in one line what a failed system call means, with the host and the port it was about.
 *
 * @param error what net, dgram or dns gave; a NetworkError is handed back as it is
 * @param host name or address, when the error does not hold it
 * @param port when the error does not hold it
 */
export function networkError(error: unknown, host?: string, port?: number): NetworkError {
  if (error instanceof NetworkError) return error
  const system = isSystemError(error) ? error : undefined
  const code = system?.code
  const facts = {
    errorClass: (code !== undefined && ERROR_CLASS_OF[code]) || 'OTHER',
    host: host ?? system?.hostname ?? system?.address,
    port: port ?? system?.port,
    code,
    cause: error,
  } satisfies NetworkErrorFacts
  const isOurs = system?.syscall !== 'connect' && system?.syscall !== 'send'
  const needsPrivilege = code === 'EACCES' && isOurs && port !== undefined && port < 1024
  const hint = needsPrivilege ? ' (ports below 1024 need a privilege)' : ''
  const where = place(facts.host, facts.port)
  const message = `${where}${meaning(error, where === '')}${hint}`
  return code === 'EADDRINUSE'
    ? new AddressInUseError(message, facts)
    : new NetworkError(message, facts)
}

/** The same of an errno's name alone: what could not be sent to there. */
export function sendError(code: string, host: string, port: number): NetworkError {
  return networkError(Object.assign(new Error(code), { code, syscall: 'send' }), host, port)
}

/** @param namesCall where no address says what failed: `setsockopt: operation not permitted` */
function meaning(error: unknown, namesCall: boolean): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  const { code, errno, syscall, message } = error
  const known = MEANING_OF[code]
  if (known !== undefined || typeof errno !== 'number') return known ?? message
  return `${namesCall ? `${syscall}: ` : ''}${getSystemErrorMessage(errno)}`
}

/** `[::1]:3111: `, `example.org: ` or nothing: the beginning of a message. */
export function place(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return port === undefined ? '' : `port ${port}: `
  if (port === undefined) return `${host}: `
  return `${formatAddress(host, port)}: `
}

const FORBIDDING: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES'])

/** Whether the port is not ours to have (bind(2)); any other error may pass with the network. */
export function isPortForbidden({ code }: NetworkError): boolean {
  return FORBIDDING.has(code ?? '')
}

/** Why a run failed, as the `end` of every measuring client holds it (docs/schemas). */
interface Failure {
  errorClass: ErrorClass
  message: string
  host?: string
  port?: number
  code?: string
}

/** The facts of an error that are known, without the rest. */
export function failureOf(error: NetworkError): Failure {
  const { errorClass, message, host, port, code } = error
  return {
    errorClass,
    message,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(code !== undefined && { code }),
  }
}
