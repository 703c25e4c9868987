import { probeInterval } from '@sockyard/probe/probe-interval'
import type { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import type { EchoPingEvent } from '@sockyard/protocol/results'
import { NetworkError, place } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { ResolvedAddress } from '@sockyard/service/resolve'

import type { PingOptions } from './config.ts'
import type { Pinger } from './pinger.ts'

type Start = Extract<EchoPingEvent, { event: 'start' }>['data']
type End = Extract<EchoPingEvent, { event: 'end' }>['data']

/** Infinity for as fast as answers come. */
export function probesPerSecond(options: PingOptions): number {
  return options.window === undefined ? 1000 / probeInterval(options) : Number.POSITIVE_INFINITY
}

/** What will be done, and to whom. */
export function startOf(host: string, target: ResolvedAddress, options: PingOptions): Start {
  const { count = null, window, size: sizeBytes } = options
  const intervalMillis = window === undefined ? probeInterval(options) : null
  const { address, port } = target
  return { transport: 'udp', host, address, port, connections: 1, count, intervalMillis, sizeBytes }
}

/** The end of a run that could not even begin. */
export function endWithout(totals: RoundTripTotals, error: NetworkError): End {
  return { ...totals.total(), verdict: 'silent', error: failureOf(error) }
}

/**
 * The end of a run: `answered` when one probe was, else `refused` when the peer's host said that nobody
 * listens, else `silent`: a firewall, a server that must not answer, or a host that is not there.
 */
export function endOf(totals: RoundTripTotals, pinger: Pinger, target: ResolvedAddress): End {
  const counted = totals.total()
  if (counted.received > 0) return { ...counted, verdict: 'answered' }
  const verdict = pinger.refused > 0 ? 'refused' : 'silent'
  if (counted.lost === 0) return { ...counted, verdict }
  return { ...counted, verdict, error: failureOf(pinger.failure ?? silence(target)) }
}

function silence({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no answer in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
