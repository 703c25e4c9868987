import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { formatMicros, formatShare } from '@sockyard/probe/report'
import { type RoundTripReport, RoundTrips, RoundTripTotals } from '@sockyard/probe/statistics'

import { type Check, type CheckContext, type Verdict, verdict } from '../../run/check.ts'
import { wilsonInterval } from '../wilson-interval.ts'
import { echoFormat } from './echo-format.ts'

export interface LossFacts extends Pick<
  RoundTripReport,
  'sent' | 'received' | 'duplicated' | 'reordered' | 'rttMicros' | 'jitterMicros'
> {
  lost: number
  /** Within which bounds the share of lost datagrams lies, with 95 % confidence; 0 to 1. */
  lossInterval: [low: number, high: number]
  /** ICMP errors: no program has the port, or a filter rejects the datagrams. */
  refused: number
}

const BYTES = 64
const POLL_MILLIS = 10
/** After so many ICMP errors, and no answer, no other outcome is to be expected. */
const REFUSALS = 3
/** What a network may lose at most (ITU-T Y.1541, classes 0 to 4). */
const TOLERATED_LOSS = 0.001
/** From here on TCP, too, is slow, and speech is hard to understand. */
const BROKEN_LOSS = 0.01

/** Datagrams at a steady rate to a UDP echo: what is lost, comes twice or out of order, and how long it takes. */
export const udpLoss: Check<LossFacts> = {
  name: 'udp-loss',
  profiles: ['quick', 'full', 'long'],
  gather: gatherLoss,
  judge: judgeLoss,
  missing: ({ received, refused }) =>
    received === 0 && refused > 0 ? 'no UDP service has the port' : undefined,
}

async function gatherLoss(context: CheckContext): Promise<LossFacts> {
  const { peer, waitMillis, signal, pace } = context
  const socket = createSocket(peer.family === 6 ? 'udp6' : 'udp4')
  const totals = new RoundTripTotals()
  const trips = new RoundTrips(totals, { timeoutMillis: waitMillis, capacity: 128 })
  const format = echoFormat()
  let refused = 0
  // Of a connected socket: an ICMP error of one of its datagrams.
  socket.on('error', () => refused++)
  socket.on('message', (bytes) => {
    const sequence = format.sequenceOf(bytes)
    // A datagram of another length is no echo.
    if (sequence !== undefined && bytes.length === BYTES) trips.reply(sequence)
  })
  try {
    socket.connect(peer.port, peer.address)
    await once(socket, 'connect', { signal })
    for (let sequence = 0; sequence < pace.count; sequence++) {
      if (refused >= REFUSALS && totals.counts.received === 0) break
      trips.sent(sequence)
      await send(socket, format.encode(sequence, BYTES))
      await sleep(pace.intervalMillis, undefined, { signal })
    }
    await answers(trips, waitMillis, signal)
  } finally {
    socket.close()
  }
  const { sent, received, duplicated, reordered, rttMicros, jitterMicros } = totals.total()
  const lost = sent - received
  const counts = { sent, received, lost, duplicated, reordered, refused }
  return { ...counts, lossInterval: wilsonInterval(lost, sent), rttMicros, jitterMicros }
}

/** What cannot be sent is not answered either; that it could not, an ICMP error may have said. */
function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.send(bytes, () => resolve()))
}

async function answers(trips: RoundTrips, waitMillis: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + waitMillis
  while (trips.pending.waiting > 0 && performance.now() < until)
    await sleep(POLL_MILLIS, undefined, { signal })
}

export function judgeLoss(facts: LossFacts): Verdict {
  const { sent, received, lost, duplicated, reordered, lossInterval } = facts
  const evidence = evidenceOf(facts)
  if (received === 0)
    return {
      ...verdict('fail', `none of ${sent} datagrams is answered`),
      evidence,
      cause: 'no UDP echo there, or a filter drops UDP to its port, or from it',
      remedy: 'sockyard survey doctor udp HOST:PORT says which link breaks',
    }
  if (lossInterval[0] >= TOLERATED_LOSS)
    return {
      ...verdict(
        lossInterval[0] >= BROKEN_LOSS ? 'fail' : 'warn',
        `${lost} of ${sent} datagrams are lost, there or on the way back`,
      ),
      evidence,
      cause: 'a queue that is full, a bad link, or a filter that limits UDP',
      remedy: 'compare the drops of interfaces on the way (`ip -s link`), beginning at both ends',
      reference: 'ITU-T Y.1541, table 1',
    }
  if (duplicated + reordered > 0)
    return {
      ...verdict('warn', `${duplicated} datagrams come twice, ${reordered} out of order`),
      evidence,
      cause: 'links that are used in turns, or one that repeats what it took for lost (Wi-Fi)',
      remedy: 'have each flow keep to one link (hash by address and port), or expect it',
      reference: 'RFC 4737, 3',
    }
  return { ...verdict('ok', `${received} of ${sent} datagrams come back, in order`), evidence }
}

function evidenceOf(facts: LossFacts): string[] {
  const { sent, lost, refused, lossInterval, rttMicros, jitterMicros } = facts
  const [low, high] = lossInterval.map((share) => (share * 100).toFixed(1))
  return [
    `lost ${formatShare(lost, sent)} (95 % interval ${low} to ${high} %)`,
    ...(refused === 0 ? [] : [`${refused} ICMP errors`]),
    ...(rttMicros === null
      ? []
      : [`round trip p50 ${formatMicros(rttMicros.p50)}, max ${formatMicros(rttMicros.max)}`]),
    ...(jitterMicros === null ? [] : [`jitter ${formatMicros(jitterMicros)}`]),
  ]
}
