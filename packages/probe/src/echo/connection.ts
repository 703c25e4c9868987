import { setTimeout as delay } from 'node:timers/promises'
import { aborted } from 'node:util'

import type { ResolvedAddress } from '@sockyard/net/address'
import { Backoff } from '@sockyard/net/connect'
import { NetworkError, place } from '@sockyard/net/errors'
import type { EchoPingEvent } from '@sockyard/protocol/results'

import type { Connection } from '../pacing/run-probes.ts'
import type { ReplyHeader } from './reply-headers.ts'

/** What became of a probe. */
type Outcome = Extract<EchoPingEvent, { event: 'sample' }>['data']['outcome']

/**
 * @param rttMicros null when it was not answered
 * @param header of the reply, where it is known
 */
export type OnOutcome = (
  sequence: number,
  outcome: Outcome,
  rttMicros: number | null,
  header?: ReplyHeader,
) => void

/** Where a connection leads, and when it is gone. */
export interface Connected {
  target: ResolvedAddress
  /** Resolves with the reason once the connection is lost; all its probes are lost by then. */
  lost: Promise<NetworkError>
}

/** A TCP connection, an SCTP association or a connected UDP socket, with its probes. */
export interface PingConnection extends Connection {
  /** The last network error of a probe; reported when nothing was answered. */
  readonly failure?: NetworkError | undefined
  /**
   * Looks the name up and connects; what is sent from now on goes out there. Called again after a loss: a server that
   * was replaced may have another address.
   *
   * @throws {NetworkError} why the last of the addresses failed
   */
  connect(): Promise<Connected>
  /** What the kernel knows of the path, headers included; undefined where it tells nothing. */
  pathMtuBytes?(): number | undefined
  /** Ends the connection in good order; without one it does nothing. */
  close(): Promise<void>
}

/** All of them, or none. @throws {NetworkError} why the first that failed did */
export async function connectAll(
  connections: readonly PingConnection[],
): Promise<readonly [Connected, ...Connected[]]> {
  const results = await Promise.allSettled(connections.map((each) => each.connect()))
  const failed = results.find((result) => result.status === 'rejected')
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [first, ...others] = made
  if (failed !== undefined || first === undefined) throw failed?.reason
  return [first, ...others]
}

/** What happens when a connection is lost. */
export interface KeepOptions {
  /** Whether a lost connection is made again. */
  reconnects: boolean
  log: { warn: (message: string) => void }
  /** Ends the sending, and so the attempts to connect again. */
  signal: AbortSignal
  /** Everything was sent, and answered or lost. */
  done: AbortSignal
}

/** Watches a connection until the run is done. @returns why it was lost for good, undefined when it was not */
export async function keepConnected(
  connection: PingConnection,
  first: Connected,
  options: KeepOptions,
): Promise<NetworkError | undefined> {
  const { reconnects, log, done } = options
  const backoff = new Backoff()
  for (let current: Connected | undefined = first; current !== undefined;) {
    const since = performance.now()
    const isDone = aborted(done, connection).then(() => undefined)
    const error = await Promise.race([current.lost, isDone])
    if (error === undefined || !reconnects) return error
    log.warn(`${error.message}; reconnecting`)
    backoff.lasted(performance.now() - since)
    current = await reconnect(connection, options, backoff)
  }
  return undefined
}

async function reconnect(
  connection: PingConnection,
  { log, signal }: KeepOptions,
  backoff: Backoff,
): Promise<Connected | undefined> {
  while (!signal.aborted) {
    await delay(backoff.next(), undefined, { signal }).catch(() => {})
    try {
      const connected = await connection.connect()
      const { address, port } = connected.target
      log.warn(`${place(address, port)}reconnected`)
      return connected
    } catch (error) {
      // The probes lost meanwhile are reported.
      if (!(error instanceof NetworkError) && !signal.aborted) throw error
    }
  }
  return undefined
}
