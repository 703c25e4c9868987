import { once } from 'node:events'
import { connect, type LookupFunction, type OnReadOpts, type Socket } from 'node:net'

import type { ResolvedAddress } from '../address/resolve.ts'
import { isSystemError, NetworkError, networkError, place } from '../errors/errors.ts'
import {
  isPathChosen,
  localEndpoint,
  type PathOptions,
  setPathOptions,
  sourceInterface,
} from './path-options.ts'

/** How a connection is made. */
export interface ConnectOptions {
  /** For all addresses together, milliseconds. */
  timeoutMillis: number
  signal: AbortSignal
  /** Reads into a buffer of the caller instead of emitting 'data'. */
  onread?: OnReadOpts
  /** How its packets leave; then the addresses are tried one after the other. */
  path?: PathOptions | undefined
}

/** A connection, and where it leads: a closed socket does not know any more. */
export interface Connected {
  socket: Socket
  target: ResolvedAddress
}

/** An address that is silent for so long has another one tried (RFC 8305 section 5 recommends 250 ms). */
const LONGEST_ATTEMPT_MILLIS = 1_000
/** Node takes no less. */
const SHORTEST_ATTEMPT_MILLIS = 10

/**
 * Connects to the first of the addresses that answers, without Nagle delay. The socket has an error listener;
 * `socket.errored` says after 'close' what went wrong.
 *
 * @throws {ConfigurationError} when there is no interface of the name in `path`
 * @throws {NetworkError} why the last of the addresses failed
 * @throws the reason of `signal` when it is aborted
 */
export async function connectTo(
  addresses: readonly [ResolvedAddress, ...ResolvedAddress[]],
  options: ConnectOptions,
): Promise<Connected> {
  const { path = {}, timeoutMillis } = options
  sourceInterface(path)
  if (addresses.length === 1 || !isPathChosen(path)) return connectToAny(addresses, options)
  let failure: unknown
  for (const address of addresses)
    try {
      const share = { ...options, timeoutMillis: timeoutMillis / addresses.length }
      return await connectToAny([address], share)
    } catch (error) {
      options.signal.throwIfAborted()
      failure = error
    }
  throw failure
}

async function connectToAny(
  addresses: readonly [ResolvedAddress, ...ResolvedAddress[]],
  { timeoutMillis, signal, onread, path = {} }: ConnectOptions,
): Promise<Connected> {
  signal.throwIfAborted()
  const [first] = addresses
  const timeout = AbortSignal.timeout(timeoutMillis)
  const socket = connect({
    ...destination(addresses),
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMillis(timeoutMillis, addresses.length),
    ...(onread && { onread }),
    ...(isPathChosen(path) && boundTo(path, first)),
  })
  if (isPathChosen(path)) prepare(socket, path, first)
  // A RST may come at any time; without a listener it would end the process.
  socket.on('error', () => {})
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([timeout, signal]) })
    return { socket, target: reached(socket, addresses) }
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw timeout.aborted ? tooLate(first) : failureOf(error, first)
  }
}

/** An address of ours to bind, any one by default: only a bound socket can be prepared before its SYN is sent. */
function boundTo(path: PathOptions, { family }: ResolvedAddress) {
  const { address: localAddress, port } = localEndpoint(path, family)
  return { localAddress, ...(port !== 0 && { localPort: port }) }
}

/** Sets the options once the socket is bound, and before its SYN. */
function prepare(socket: Socket, path: PathOptions, { family }: ResolvedAddress): void {
  socket.once('connectionAttempt', () => {
    try {
      setPathOptions(socket, family, path)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** One address as it is; of several, whose names were looked up already, each in turn. */
function destination([first, ...others]: readonly [ResolvedAddress, ...ResolvedAddress[]]) {
  const { address, port } = first
  if (others.length === 0) return { host: address, port }
  const lookup: LookupFunction = (_host, _options, done) => done(null, [first, ...others])
  // Not a number, so that Node asks `lookup`.
  return { host: 'resolved', port, lookup }
}

/** Node gives an attempt up when the next one begins, so each gets as long as there is time for. */
function attemptMillis(timeoutMillis: number, addresses: number): number {
  const share = Math.min(LONGEST_ATTEMPT_MILLIS, Math.floor(timeoutMillis / addresses))
  return Math.max(SHORTEST_ATTEMPT_MILLIS, share)
}

/** The one of the addresses that the socket is connected to, with its zone. */
function reached(
  { remoteAddress }: Socket,
  addresses: readonly [ResolvedAddress, ...ResolvedAddress[]],
): ResolvedAddress {
  const same = addresses.find(({ address }) => withoutZone(address) === withoutZone(remoteAddress))
  return same ?? addresses[0]
}

function withoutZone(address: string | undefined): string | undefined {
  return address?.split('%', 1)[0]
}

/** Of several attempts Node gives all errors; the last one is reported. */
function failureOf(error: unknown, { address, port }: ResolvedAddress): NetworkError {
  // What cannot be bound is an address of ours.
  if (isSystemError(error) && error.syscall === 'bind') return networkError(error)
  if (!(error instanceof AggregateError)) return networkError(error, address, port)
  const last: unknown = error.errors.at(-1)
  return networkError(last)
}

function tooLate({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no connection in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
