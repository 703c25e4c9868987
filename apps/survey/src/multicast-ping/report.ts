import { formatAddress } from '@sockyard/net/address'

import type { PairVerdict } from '../checks/multicast/pair-verdict.ts'
import type { MulticastPingFacts, WayFacts } from './ping.ts'

export function startText(start: {
  address: string
  port: number
  group: string
  version: number
  isSourceSpecific: boolean
}): string {
  const from = start.isSourceSpecific ? start.address : '*'
  const protocol = start.version === 2 ? 'RFC 6450' : `version ${start.version}, as ssmpingd`
  return `joined (${from}, ${start.group}); asking ${formatAddress(start.address, start.port)} (${protocol})`
}

export function replyText(
  way: string,
  sequence: number,
  hops: number | null,
  rttMicros: number,
): string {
  return `${way.padEnd(9)}  sequence ${sequence}  hops ${hops ?? '?'}  ${shown(rttMicros)}`
}

/** Both ways beside each other, and what that means. */
export function endText(facts: MulticastPingFacts, verdict: PairVerdict): string {
  const { sent, joinMillis, unicast, multicast } = facts
  const joined =
    joinMillis === null
      ? 'no multicast reply came'
      : `first multicast ${joinMillis.toFixed(1)} ms after joining`
  return [
    '',
    `${sent} sent; ${joined}`,
    wayText('unicast', unicast),
    wayText('multicast', multicast),
    '',
    `${verdict.status.toUpperCase()}  ${verdict.summary}`,
    ...(verdict.cause === null ? [] : [`  cause  ${verdict.cause}`]),
    ...(verdict.remedy === null ? [] : [`  do     ${verdict.remedy}`]),
  ].join('\n')
}

function wayText(way: string, facts: WayFacts): string {
  const { received, lost, duplicated, reordered, rttMicros, jitterMicros, hops } = facts
  const times =
    rttMicros === null
      ? ''
      : `  p50 ${shown(rttMicros.p50)}  max ${shown(rttMicros.max)}  jitter ${shown(jitterMicros ?? 0)}`
  const counts = `received ${received}  lost ${lost}  duplicated ${duplicated}  reordered ${reordered}`
  return `${way.padEnd(9)}  ${counts}  hops ${hops ?? '?'}${times}`
}

function shown(micros: number): string {
  return `${(micros / 1_000).toFixed(3)} ms`
}
