import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'

import type { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import { RoundTrips } from '@sockyard/probe/round-trips'

import { MAXIMUM_QUEUED_BYTES } from './config.ts'
import { ProbeStream } from './probe-stream.ts'

/**
 * What became of a probe.
 *
 * @param rttMicros null when it was not answered
 */
export type OnOutcome = (
  sequence: number,
  outcome: 'answered' | 'malformed' | 'silent',
  rttMicros: number | null,
) => void

export interface PingConnectionOptions {
  totals: RoundTripTotals
  /** Bytes of each probe. */
  size: number
  /** How long a reply may take. */
  waitMillis: number
  /** Nanoseconds since 1970. */
  now: () => bigint
  onOutcome: OnOutcome
}

/** Unanswered probes that are remembered; one more is not sent and lost at once. */
const MAXIMUM_UNANSWERED = 65_536

/** The probes of one connection: sends them, and judges what comes back. Sockets may follow one another. */
export class PingConnection {
  readonly trips: RoundTrips
  readonly #options: PingConnectionOptions
  readonly #stream: ProbeStream
  #socket: Socket | undefined
  #lossIs: 'silent' | 'malformed' = 'silent'

  constructor(options: PingConnectionOptions) {
    this.#options = options
    this.trips = new RoundTrips(options.totals, {
      timeoutMillis: options.waitMillis,
      capacity: MAXIMUM_UNANSWERED,
      onLost: (sequence) => options.onOutcome(sequence, this.#lossIs, null),
    })
    this.#stream = new ProbeStream({
      session: randomInt(2 ** 32),
      size: options.size,
      onReply: (sequence, isRight) => this.#replied(sequence, isRight),
      onUnexpected: () => this.trips.malformed(),
    })
  }

  /** From now on probes go out on this socket. */
  attach(socket: Socket): void {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#stream.receive(chunk))
  }

  /** The socket is gone, and with it every probe that was under way. */
  detach(): void {
    this.#socket = undefined
    for (const sequence of this.#stream.abandon()) this.trips.failed(sequence)
  }

  /** Sends a probe; without a connection, or when nothing moves on it, it is lost at once. */
  send(number: number, dueAt?: number): void {
    const sequence = number >>> 0
    const socket = this.#socket
    this.trips.sent(sequence, performance.now(), dueAt)
    if (socket === undefined || this.#isStuck(socket)) this.trips.failed(sequence)
    else writeWithOthers(socket, this.#stream.send(sequence, this.#options.now()))
  }

  #isStuck(socket: Socket): boolean {
    return (
      socket.writableLength > MAXIMUM_QUEUED_BYTES || this.#stream.unanswered >= MAXIMUM_UNANSWERED
    )
  }

  #replied(sequence: number, isRight: boolean): void {
    if (!isRight) this.#malformed(sequence)
    else if (this.trips.reply(sequence) === 'answered')
      this.#options.onOutcome(sequence, 'answered', this.trips.lastRttMicros)
  }

  #malformed(sequence: number): void {
    this.trips.malformed()
    this.#lossIs = 'malformed'
    this.trips.failed(sequence)
    this.#lossIs = 'silent'
  }
}

/** What is written in one turn of the event loop leaves in one system call. */
function writeWithOthers(socket: Socket, bytes: Uint8Array): void {
  if (socket.writableCorked === 0) {
    socket.cork()
    queueMicrotask(() => socket.uncork())
  }
  socket.write(bytes)
}
