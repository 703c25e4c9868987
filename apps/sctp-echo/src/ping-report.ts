import type { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import type { EchoPingEvent } from '@sockyard/protocol/results'
import type { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { ResolvedAddress } from '@sockyard/service/resolve'

import type { PingOptions } from './config.ts'

type Start = Extract<EchoPingEvent, { event: 'start' }>['data']
type End = Extract<EchoPingEvent, { event: 'end' }>['data']

/** From one probe to the next at a fixed rate. */
export function intervalOf({ rate, interval }: PingOptions): number {
  return rate === undefined ? interval : 1000 / rate
}

/** Infinity for as fast as answers come. */
export function probesPerSecond(options: PingOptions): number {
  return options.window === undefined ? 1000 / intervalOf(options) : Number.POSITIVE_INFINITY
}

/** What will be done, and to whom. */
export function startOf(host: string, target: ResolvedAddress, options: PingOptions): Start {
  const { count = null, window, size: sizeBytes } = options
  const intervalMillis = window === undefined ? intervalOf(options) : null
  const { address, port } = target
  return {
    transport: 'sctp',
    host,
    address,
    port,
    connections: 1,
    count,
    intervalMillis,
    sizeBytes,
  }
}

/** The end of a run: `refused` when nothing was answered and the peer said that it would not. */
export function endOf(totals: RoundTripTotals, failure: NetworkError | undefined): End {
  const counted = totals.total()
  const unanswered = failure?.errorClass === 'REFUSED' ? 'refused' : 'silent'
  const verdict = counted.received > 0 ? 'answered' : unanswered
  return { ...counted, verdict, ...(failure && { error: failureOf(failure) }) }
}
