import { setTimeout as delay } from 'node:timers/promises'

import { runProbes } from '@sockyard/probe/run-probes'
import type { Connected } from '@sockyard/service/connect'
import { NetworkError } from '@sockyard/service/errors'
import type { Logger } from '@sockyard/service/log'

import { Backoff } from './backoff.ts'
import type { PingOptions } from './config.ts'
import { lost } from './lost.ts'
import type { PingConnection } from './ping-connection.ts'

export interface PingRun {
  options: PingOptions
  /** Ends the sending. */
  signal: AbortSignal
  log: Logger
  /** Names are looked up again: a server that was replaced may have another address. */
  connect: () => Promise<Connected>
  /** The connection is gone for good. */
  onFailed: (error: NetworkError) => void
}

/** One connection, and what it begins with. */
export interface Lane {
  lane: PingConnection
  connected: Connected
}

/** Whether a lost connection is made again: only in a run that has no end of its own. */
function isEndless({ count, deadline, window }: PingOptions): boolean {
  return count === undefined && deadline === undefined && window === undefined
}

/** Measures on all connections until their probes are sent and answered or lost. */
export async function pingOn(connections: readonly [Lane, ...Lane[]], run: PingRun): Promise<void> {
  const done = new AbortController()
  const watching = connections.map(({ lane, connected }) =>
    watch(lane, connected, run, done.signal),
  )
  const [first, ...others] = connections
  await runProbes(run.options, [first.lane, ...others.map(({ lane }) => lane)], run.signal)
  done.abort()
  await Promise.all(watching)
}

/** Attaches one socket after the other, until the run is done or the connection is gone for good. */
async function watch(
  connection: PingConnection,
  first: Connected,
  run: PingRun,
  done: AbortSignal,
): Promise<void> {
  const backoff = new Backoff()
  for (let current: Connected | undefined = first; current !== undefined;) {
    const since = performance.now()
    connection.attach(current.socket)
    const error = await lostBefore(done, current)
    connection.detach()
    if (error === undefined) return void current.socket.end()
    if (!isEndless(run.options)) return run.onFailed(error)
    run.log.warn(`${error.message}; connecting again`)
    backoff.lasted(performance.now() - since)
    current = await connectAgain(run, backoff)
  }
}

/** Undefined when the run was done before the connection was lost. */
async function lostBefore(
  done: AbortSignal,
  connected: Connected,
): Promise<NetworkError | undefined> {
  if (done.aborted) return undefined
  const { promise, resolve } = Promise.withResolvers<undefined>()
  done.addEventListener('abort', () => resolve(undefined), { once: true })
  return await Promise.race([promise, lost(connected)])
}

async function connectAgain(run: PingRun, backoff: Backoff): Promise<Connected | undefined> {
  const { signal, connect, log } = run
  while (!signal.aborted) {
    await delay(backoff.next(), undefined, { signal }).catch(() => {})
    try {
      const connected = await connect()
      log.warn(`${connected.target.address} port ${connected.target.port}: connected again`)
      return connected
    } catch (error) {
      // The probes that are lost meanwhile tell of it.
      if (!(error instanceof NetworkError) && !signal.aborted) throw error
    }
  }
  return undefined
}
