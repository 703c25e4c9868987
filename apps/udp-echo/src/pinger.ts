import { randomInt } from 'node:crypto'

import type { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import { RoundTrips } from '@sockyard/probe/round-trips'
import type { EchoPingEvent } from '@sockyard/protocol/results'
import { type NetworkError, networkError } from '@sockyard/service/errors'

import type { PingSocket } from './ping-socket.ts'
import { ProbeFormat } from './probe-format.ts'

/** What became of a probe. */
type Outcome = Extract<EchoPingEvent, { event: 'sample' }>['data']['outcome']

/** @param rttMicros null when it was not answered */
export type OnOutcome = (sequence: number, outcome: Outcome, rttMicros: number | null) => void

export interface PingerOptions {
  totals: RoundTripTotals
  /** Bytes of each probe. */
  size: number
  /** How long a reply may take. */
  waitMillis: number
  /** How many go out a second; Infinity for as fast as answers come. */
  probesPerSecond: number
  /** Nanoseconds since 1970. */
  now: () => bigint
  onOutcome: OnOutcome
}

/** Probes that are remembered: those of so much of --wait, and not more than 1,048,576 (21 MiB). */
const MAXIMUM_REMEMBERED = 2 ** 20
const USUALLY_REMEMBERED = 2 ** 16

/** Sends probes on one connected socket, and judges what comes back. */
export class Pinger {
  readonly trips: RoundTrips
  readonly #options: PingerOptions
  readonly #server: PingSocket
  readonly #format: ProbeFormat
  #refused = 0
  #failure: NetworkError | undefined

  constructor(server: PingSocket, options: PingerOptions) {
    this.#options = options
    this.#server = server
    this.#format = new ProbeFormat(randomInt(2 ** 32), options.size)
    this.trips = new RoundTrips(options.totals, {
      timeoutMillis: options.waitMillis,
      capacity: capacityFor(options),
      onLost: (sequence, reason) => {
        if (reason === 'silent') options.onOutcome(sequence, 'silent', null)
      },
    })
    server.listen({
      onDeparted: (sequence, at, dueAt) => this.trips.departed(sequence, at, dueAt),
      onNotSent: (sequence, error) => this.#notSent(sequence, error),
      onNotDelivered: (error) => void this.#notDelivered(error),
      onDatagram: (bytes, at) => this.#receive(bytes, at),
    })
  }

  /** How many probes an ICMP error came for: nobody listens there. */
  get refused(): number {
    return this.#refused
  }

  /** What the system last said of a probe that failed. */
  get failure(): NetworkError | undefined {
    return this.#failure
  }

  /**
   * @param number 0, 1, 2 …
   * @param dueAt when it should go out, by a schedule
   */
  send(number: number, dueAt?: number): void {
    const sequence = number >>> 0
    this.trips.sent(sequence)
    if (!this.#transmit(sequence, dueAt)) this.#fail(sequence, 'silent')
  }

  #transmit(sequence: number, dueAt?: number): boolean {
    const bytes = this.#format.encode(sequence, this.#options.now())
    return this.#server.send(sequence, bytes, dueAt)
  }

  #receive(bytes: Uint8Array, at: number): void {
    const { newest = 0 } = this.trips.outstanding
    const reply = this.#format.decode(bytes, newest)
    if (reply.kind === 'foreign') return
    const sequence = 'sequence' in reply ? reply.sequence : undefined
    if (reply.kind === 'malformed') this.#malformed(sequence ?? this.#nextInOrder() ?? newest)
    else this.#replied(sequence ?? this.#nextInOrder() ?? newest, at)
  }

  #malformed(sequence: number): void {
    this.trips.malformed()
    this.#options.onOutcome(sequence, 'malformed', null)
  }

  #replied(sequence: number, at: number): void {
    const outcome = this.trips.reply(sequence, at)
    // A late one was told as silent, and stays lost.
    if (outcome === 'late') return
    const isAnswer = outcome === 'answered' || outcome === 'reordered'
    this.#options.onOutcome(sequence, outcome, isAnswer ? this.trips.lastRttMicros : null)
  }

  /** What carries no number is for the oldest whose wait is not over; undefined when none waits. */
  #nextInOrder(): number | undefined {
    const { outstanding } = this.trips
    outstanding.expire(performance.now())
    return outstanding.oldestWaiting
  }

  /**
   * An ICMP error came (RFC 1122, 4.1.3.3). Node does not tell for which datagram; errors come in the order
   * of sending, so it is for the oldest that waits.
   *
   * @returns that one
   */
  #notDelivered(error: Error): number | undefined {
    const sequence = this.trips.outstanding.oldestWaiting
    if (sequence !== undefined) this.#fail(sequence, 'refused', error)
    return sequence
  }

  /** A send that fails with ECONNREFUSED tells the fate of an earlier datagram; its own is still to be sent. */
  #notSent(sequence: number, error: Error): void {
    if (networkError(error).errorClass !== 'REFUSED') return this.#fail(sequence, 'silent', error)
    const refused = this.#notDelivered(error)
    if (refused !== undefined && refused !== sequence) this.#transmit(sequence)
  }

  #fail(sequence: number, outcome: 'refused' | 'silent', error?: Error): void {
    const { address, port } = this.#server.target
    if (error !== undefined) this.#failure = networkError(error, address, port)
    if (outcome === 'refused') this.#refused += 1
    this.trips.failed(sequence)
    this.#options.onOutcome(sequence, outcome, null)
  }
}

/** A power of two. */
function capacityFor({ probesPerSecond, waitMillis }: PingerOptions): number {
  if (probesPerSecond === Number.POSITIVE_INFINITY) return USUALLY_REMEMBERED
  const atOnce = 2 ** Math.ceil(Math.log2((probesPerSecond * waitMillis) / 1_000))
  return Math.min(MAXIMUM_REMEMBERED, Math.max(USUALLY_REMEMBERED, atOnce))
}
