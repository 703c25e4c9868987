import { randomInt } from 'node:crypto'

import type { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import { RoundTrips } from '@sockyard/probe/round-trips'
import { decodeEchoProbe, encodeEchoProbe, verifyPadding } from '@sockyard/protocol/echo'
import type { EchoPingEvent } from '@sockyard/protocol/results'
import { AssociationError } from '@sockyard/sctp/core/errors'
import type { Message } from '@sockyard/sctp/core/notification'

import type { ClientAssociation } from './client-association.ts'

/** What became of a probe. */
type Outcome = Extract<EchoPingEvent, { event: 'sample' }>['data']['outcome']

export interface PingerOptions {
  totals: RoundTripTotals
  /** Bytes of each probe. */
  size: number
  /** How long a reply may take. */
  waitMillis: number
  /** Nanoseconds since 1970. */
  now: () => bigint
  /** @param rttMicros null when it was not answered */
  onOutcome: (sequence: number, outcome: Outcome, rttMicros: number | null) => void
}

/** Sends probes on one association, the next one on the next stream, and judges what comes back. */
export class Pinger {
  readonly trips: RoundTrips
  readonly #options: PingerOptions
  readonly #session = randomInt(2 ** 32)
  #association: ClientAssociation | undefined

  constructor(options: PingerOptions) {
    this.#options = options
    this.trips = new RoundTrips(options.totals, {
      timeoutMillis: options.waitMillis,
      onLost: (sequence) => options.onOutcome(sequence, 'silent', null),
    })
  }

  /** From now on probes go out on this association; associations may follow one another. */
  attach(association: ClientAssociation): void {
    this.#association = association
  }

  /** The association is gone, and with it every probe that was under way. */
  detach(): void {
    this.#association = undefined
    const { outstanding } = this.trips
    while (outstanding.oldestWaiting !== undefined) this.trips.failed(outstanding.oldestWaiting)
  }

  /** Without an association, or when its send buffer is full, the probe is lost at once. */
  send(number: number): void {
    const sequence = number >>> 0
    this.trips.sent(sequence)
    if (!this.#transmit(sequence)) this.trips.failed(sequence)
  }

  #transmit(sequence: number): boolean {
    const association = this.#association
    if (association === undefined) return false
    const { endpoint, id, outboundStreams, inboundStreams } = association
    // There are servers that answer on the same stream, or not at all where they have none of its number.
    const stream = sequence % Math.min(outboundStreams, inboundStreams)
    const probe = { session: this.#session, sequence, sentAt: this.#options.now() }
    const data = encodeEchoProbe(probe, this.#options.size)
    try {
      endpoint.send({ association: id, stream, data })
      return true
    } catch (error) {
      if (error instanceof AssociationError) return false
      throw error
    }
  }

  /** A message has come: the echo of a probe, or something that is wrong. */
  receive({ data }: Message): void {
    const probe = decodeEchoProbe(data)
    const isRight = data.length === this.#options.size && verifyPadding(data)
    if (!probe.ok || !isRight || probe.value.session !== this.#session) {
      this.trips.malformed()
      const sequence = probe.ok ? probe.value.sequence : (this.trips.outstanding.newest ?? 0)
      this.#options.onOutcome(sequence, 'malformed', null)
      return
    }
    const { sequence } = probe.value
    const outcome = this.trips.reply(sequence)
    // A late one was told as silent, and stays lost.
    if (outcome === 'late') return
    const isAnswer = outcome === 'answered' || outcome === 'reordered'
    this.#options.onOutcome(sequence, outcome, isAnswer ? this.trips.lastRttMicros : null)
  }
}
