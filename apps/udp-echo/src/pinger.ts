import { randomInt } from 'node:crypto'

import type { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import { RoundTrips } from '@sockyard/probe/round-trips'
import type { EchoPingEvent } from '@sockyard/protocol/results'
import { type NetworkError, networkError } from '@sockyard/service/errors'

import { ProbeFormat } from './probe-format.ts'
import type { ProbeSocket } from './probe-socket.ts'

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
  /** Nanoseconds since 1970. */
  now: () => bigint
  onOutcome: OnOutcome
}

/** Probes that wait to be sent; one more is lost at once (Node's queue has no bound, nodejs/node#10902). */
const MAXIMUM_QUEUE = 1000

/** Sends probes on one connected socket, and judges what comes back. */
export class Pinger {
  readonly trips: RoundTrips
  readonly #options: PingerOptions
  readonly #server: ProbeSocket
  readonly #format: ProbeFormat
  #refused = 0
  #failure: NetworkError | undefined

  constructor(server: ProbeSocket, options: PingerOptions) {
    this.#options = options
    this.#server = server
    this.#format = new ProbeFormat(randomInt(2 ** 32), options.size)
    this.trips = new RoundTrips(options.totals, {
      timeoutMillis: options.waitMillis,
      onLost: (sequence, reason) => {
        if (reason === 'silent') options.onOutcome(sequence, 'silent', null)
      },
    })
    server.socket.on('message', (bytes) => this.#receive(bytes))
    server.socket.on('error', (error) => this.#notDelivered(error))
  }

  /** How many probes an ICMP error came for: nobody listens there. */
  get refused(): number {
    return this.#refused
  }

  /** What the system last said of a probe that failed. */
  get failure(): NetworkError | undefined {
    return this.#failure
  }

  /** @param number 0, 1, 2 … */
  send(number: number): void {
    const sequence = number >>> 0
    this.trips.sent(sequence)
    if (this.#server.socket.getSendQueueCount() >= MAXIMUM_QUEUE) this.#fail(sequence, 'silent')
    else this.#transmit(sequence)
  }

  #transmit(sequence: number): void {
    const bytes = this.#format.encode(sequence, this.#options.now())
    this.#server.socket.send(bytes, (error) => {
      // Not at once: a window that refills on failure would never let the event loop go on.
      if (error !== null) setImmediate(() => this.#notSent(sequence, error))
    })
  }

  #receive(bytes: Uint8Array): void {
    const { newest = 0 } = this.trips.outstanding
    const reply = this.#format.decode(bytes, newest)
    if (reply.kind === 'foreign') return
    const sequence = 'sequence' in reply ? reply.sequence : undefined
    if (reply.kind === 'malformed') this.#malformed(sequence ?? this.#nextInOrder() ?? newest)
    else this.#replied(sequence ?? this.#nextInOrder() ?? newest)
  }

  #malformed(sequence: number): void {
    this.trips.malformed()
    this.#options.onOutcome(sequence, 'malformed', null)
  }

  #replied(sequence: number): void {
    const outcome = this.trips.reply(sequence)
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
