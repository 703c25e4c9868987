import { setTimeout as delay } from 'node:timers/promises'

import { paceWindow } from '@sockyard/probe/pace-window'
import { pace } from '@sockyard/probe/pacer'
import { settle } from '@sockyard/probe/settle'
import { NetworkError } from '@sockyard/service/errors'
import type { Logger } from '@sockyard/service/log'

import { peerEnded } from './association-failure.ts'
import type { ClientAssociation } from './client-association.ts'
import type { PingOptions } from './config.ts'
import { intervalOf } from './ping-report.ts'
import type { Pinger } from './pinger.ts'

/** What is under way when the run is stopped or its deadline comes may still arrive for so long. */
const LAST_REPLIES_MILLIS = 1000
/** A lost association is set up again after so long. */
const AGAIN_MILLIS = 1000

export interface PingRun {
  options: PingOptions
  /** Ends the sending. */
  signal: AbortSignal
  log: Logger
  /** Names are looked up again: a server that was replaced may have another address. */
  associate: () => Promise<ClientAssociation>
}

/** Whether a lost association is set up again: only in a run that has no end of its own. */
function isEndless({ count, deadline, window }: PingOptions): boolean {
  return count === undefined && deadline === undefined && window === undefined
}

/** Measures until all probes are sent and answered or lost. @returns why the association was lost for good */
export async function pingAll(
  pinger: Pinger,
  first: ClientAssociation,
  run: PingRun,
): Promise<NetworkError | undefined> {
  const done = new AbortController()
  const lost = new AbortController()
  const watching = watch(pinger, first, run, done.signal).finally(() => lost.abort())
  const signal = AbortSignal.any([run.signal, lost.signal])
  const { outstanding } = pinger.trips
  await sendAll(pinger, run.options, signal)
  await settle(outstanding, signal)
  if (run.signal.aborted) await settle(outstanding, AbortSignal.timeout(LAST_REPLIES_MILLIS))
  done.abort()
  return await watching
}

async function sendAll(pinger: Pinger, options: PingOptions, signal: AbortSignal): Promise<void> {
  const { count, window } = options
  const send = (number: number): void => pinger.send(number)
  if (window === undefined) {
    await pace({ count, signal, intervalMillis: intervalOf(options) }, send)
  } else {
    await paceWindow({ count, signal, window, outstanding: pinger.trips.outstanding }, send)
  }
}

/** Attaches one association after the other, until the run is done or one is gone for good. */
async function watch(
  pinger: Pinger,
  first: ClientAssociation,
  run: PingRun,
  done: AbortSignal,
): Promise<NetworkError | undefined> {
  for (let current: ClientAssociation | undefined = first; current !== undefined;) {
    await using association = current
    pinger.attach(association)
    const error = await Promise.race([lossOfServer(association), whenAborted(done)])
    if (error === undefined) return undefined
    pinger.detach()
    if (!isEndless(run.options)) return error
    run.log.warn(`${error.message}; associating again`)
    current = await associateAgain(run)
  }
  return undefined
}

/** A server that ends in good order is lost for our probes too. */
async function lossOfServer({ over, target }: ClientAssociation): Promise<NetworkError> {
  return (await over) ?? peerEnded(target)
}

async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return undefined
  const { promise, resolve } = Promise.withResolvers<undefined>()
  signal.addEventListener('abort', () => resolve(undefined), { once: true })
  return await promise
}

async function associateAgain(run: PingRun): Promise<ClientAssociation | undefined> {
  const { signal, associate, log } = run
  while (!signal.aborted) {
    await delay(AGAIN_MILLIS, undefined, { signal }).catch(() => {})
    try {
      const association = await associate()
      const { address, port } = association.target
      log.warn(`${address} port ${port}: associated again`)
      return association
    } catch (error) {
      // The probes that are lost meanwhile tell of it.
      if (!(error instanceof NetworkError) && !signal.aborted) throw error
    }
  }
  return undefined
}
