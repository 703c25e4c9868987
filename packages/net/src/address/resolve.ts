import { lookup } from 'node:dns/promises'
import { isIP, isIPv6 } from 'node:net'

import { networkError, NetworkError, place, ConfigurationError } from '../errors/errors.ts'
import { withZoneName } from './addresses.ts'

/** A place on the network, ready for a socket: `address` is numeric. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
}

/**
 * Splits `HOST`, `HOST:PORT`, `[v6]:PORT`, `[v6]` or a bare IPv6 literal.
 *
 * @param defaultPort when none is given
 * @throws {ConfigurationError} when the text is none of these or the port is not 1 to 65535
 */
export function parseTarget(text: string, defaultPort: number): { host: string; port: number } {
  const hidden = portInBareAddress(text)
  if (hidden !== undefined)
    throw new ConfigurationError('HOST', text, `an IPv6 address with a port is ${hidden}`)
  if (isIPv6(text)) return { host: text, port: defaultPort }
  const parts = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text)
  const host = parts?.[1] ?? parts?.[2]
  const port = parts?.[3] === undefined ? defaultPort : Number(parts[3])
  if (host === undefined || (parts?.[1] !== undefined && !isIPv6(host)))
    throw new ConfigurationError('HOST', text, 'must be HOST, HOST:PORT or [IPv6]:PORT')
  if (port < 1 || port > 65_535)
    throw new ConfigurationError('HOST', text, 'the port must be 1 to 65535')
  return { host, port }
}

/**
 * `::1:3111` is a valid address, but its last group as a port is what is meant: the rest is the loopback or the
 * unspecified address, to which no group can be added. Written in full, it is taken as it stands.
 *
 * @returns how to write it, or undefined when the text is no such address
 */
function portInBareAddress(text: string): string | undefined {
  const [, host, port] = /^(::1?):([1-9]\d{3,4})$/.exec(text) ?? []
  return host === undefined ? undefined : `[${host}]:${port}`
}

/**
 * The addresses of a target, in the system's order of preference (RFC 6724); at least one.
 *
 * @param options.family only addresses of this family (-4, -6)
 * @param options.signal gives up waiting for the resolver
 * @throws {ConfigurationError} as parseTarget, and for an address that is not of the family asked for
 * @throws {NetworkError} of class DNS when the name has no such address
 * @example
 * const [target] = await resolveTarget('localhost:3111', { defaultPort: 3111 })
 */
export async function resolveTarget(
  text: string,
  options: { defaultPort: number; family?: 4 | 6 | undefined; signal?: AbortSignal },
): Promise<[ResolvedAddress, ...ResolvedAddress[]]> {
  const { defaultPort, family = 0, signal } = options
  const { host, port } = parseTarget(text, defaultPort)
  if (isIP(host) !== 0 && family !== 0 && isIP(host) !== family)
    throw new ConfigurationError('HOST', text, `is not an IPv${family} address`)
  const addresses = lookup(host, { all: true, family, order: 'verbatim' }).catch(
    (error: unknown) => {
      throw family === 0
        ? networkError(error, host, port)
        : noSuchAddress(error, family, host, port)
    },
  )
  const found = await (signal === undefined ? addresses : unlessAborted(addresses, signal))
  const [first, ...others] = found.map((each): ResolvedAddress => ({
    // Node connects to a link-local address only where its zone is a name.
    address: withZoneName(each.address),
    family: each.family === 6 ? 6 : 4,
    port,
  }))
  if (first !== undefined) return [first, ...others]
  throw new NetworkError(`${host}: no address`, { errorClass: 'DNS', host, port })
}

/** The name may well have addresses of the other family. */
function noSuchAddress(error: unknown, family: 4 | 6, host: string, port: number): NetworkError {
  const failure = networkError(error, host, port)
  if (failure.code !== 'ENOTFOUND') return failure
  const message = `${place(host, port)}the name does not resolve to an IPv${family} address`
  return new NetworkError(message, {
    errorClass: 'DNS',
    host,
    port,
    code: failure.code,
    cause: error,
  })
}

/** getaddrinfo(3) cannot be interrupted; its answer is let go. */
async function unlessAborted<Value>(answer: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return await Promise.race([answer, promise]).finally(() =>
    signal.removeEventListener('abort', abort),
  )
}
