import { pace, settle } from '@sockyard/probe/pacing'
import { RoundTrips, RoundTripTotals, toMicro } from '@sockyard/probe/statistics'

import { MembershipWatch, type SilenceFacts } from './membership-watch.ts'
import { MulticastPingSession, type PingReply, type SessionOptions } from './session.ts'

export interface MulticastPingOptions extends Omit<SessionOptions, 'onReply'> {
  /** Undefined: until `signal` is aborted. */
  count: number | undefined
  intervalMillis: number
  /** How long a reply may take before it is lost. */
  waitMillis: number
  signal: AbortSignal
  /** Once the server has agreed, before the first request. */
  onStart?: (agreed: { group: string; version: number; isSourceSpecific: boolean }) => void
  onReply?: (reply: PingReply & { rttMicros: number }) => void
}

/** What came of the replies that took one of the two ways. */
export interface WayFacts {
  received: number
  lost: number
  duplicated: number
  reordered: number
  /** From the request to the reply. */
  rttMicros: ReturnType<RoundTripTotals['total']>['rttMicros']
  jitterMicros: number | null
  /** Routers on the way, by the TTL of the last reply; null where it is not known. */
  hops: number | null
  /** The first request that was answered, from 1: those before are lost at the beginning. */
  firstSequence: number | null
  lastSequence: number | null
}

/** What a run of Multicast Ping saw: the multicast way and its unicast twin, which the same requests asked for. */
export interface MulticastPingFacts {
  /** Of the server. */
  address: string
  port: number
  group: string
  isSourceSpecific: boolean
  version: number
  sent: number
  intervalMillis: number
  /** From joining to the first multicast reply; null without any. */
  joinMillis: number | null
  /** The first time that multicast replies stopped while unicast replies went on; null when they did not. */
  silence: SilenceFacts | null
  unicast: WayFacts
  multicast: WayFacts
}

/**
 * Asks a Multicast Ping server, which answers by unicast and to the group.
 *
 * @throws {NetworkError} when there is no way to the server, or it does not send to the group
 */
export async function pingMulticast(options: MulticastPingOptions): Promise<MulticastPingFacts> {
  const { count, intervalMillis, signal } = options
  const ways = { unicast: new Way(options.waitMillis), multicast: new Way(options.waitMillis) }
  const watch = new MembershipWatch()
  await using session = await MulticastPingSession.open({
    ...options,
    onReply(reply) {
      const rttMicros = ways[reply.way].take(reply)
      watch.replied(reply.way, reply.sequence)
      if (rttMicros !== undefined) options.onReply?.({ ...reply, rttMicros })
    },
  })
  await session.agree(signal)
  const { group, version, isSourceSpecific } = session
  options.onStart?.({ group, version, isSourceSpecific })
  const joinedAt = performance.now()
  await session.join()
  watch.joined()
  let rejoining: Promise<void> | undefined
  const { sent } = await pace({ intervalMillis, count, signal }, (index) => {
    if (watch.isSilent()) {
      watch.rejoined()
      rejoining = rejoin(session)
    }
    for (const way of Object.values(ways)) way.trips.sent(index)
    session.request(index + 1)
  })
  await Promise.all(Object.values(ways).map(({ trips }) => settle(trips.pending, signal)))
  await rejoining
  const { address, port } = options.server
  const { firstAt } = ways.multicast
  return {
    address,
    port,
    group,
    isSourceSpecific,
    version,
    sent,
    intervalMillis,
    joinMillis: firstAt === null ? null : toMicro(firstAt - joinedAt),
    silence: watch.silence,
    unicast: ways.unicast.facts(),
    multicast: ways.multicast.facts(),
  }
}

/** Sends a leave and a new report. */
async function rejoin(session: MulticastPingSession): Promise<void> {
  await session.leave()
  await session.join()
}

/** The replies that take one way. */
class Way {
  readonly trips: RoundTrips
  firstAt: number | null = null
  readonly #totals = new RoundTripTotals()
  #hops: number | null = null
  #first: number | null = null
  #last: number | null = null

  constructor(timeoutMillis: number) {
    this.trips = new RoundTrips(this.#totals, { timeoutMillis })
  }

  /** @returns its round trip; undefined when it is a duplicate, late, or answers nothing */
  take({ sequence, hops, at }: PingReply): number | undefined {
    const outcome = this.trips.reply(sequence - 1, at)
    if (outcome !== 'answered' && outcome !== 'reordered') return undefined
    this.firstAt ??= at
    this.#first = Math.min(sequence, this.#first ?? sequence)
    this.#last = Math.max(sequence, this.#last ?? sequence)
    this.#hops = hops
    return this.trips.lastRoundTripMicros
  }

  facts(): WayFacts {
    const total = this.#totals.total()
    const { received, lost, duplicated, reordered, rttMicros, jitterMicros } = total
    const positions = { firstSequence: this.#first, lastSequence: this.#last, hops: this.#hops }
    return { received, lost, duplicated, reordered, rttMicros, jitterMicros, ...positions }
  }
}
