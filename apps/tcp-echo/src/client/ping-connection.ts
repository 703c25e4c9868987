import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'

import type { Connected } from '@sockyard/net/connect'
import type { NetworkError } from '@sockyard/net/errors'
import type { OnOutcome, PingConnection } from '@sockyard/probe/echo'
import { RoundTrips, type RoundTripTotals } from '@sockyard/probe/statistics'

import { MAXIMUM_QUEUED_BYTES } from '../config.ts'
import { whenClosed } from './client.ts'
import { ProbeStream } from './probe-stream.ts'

export interface PingConnectionOptions {
  totals: RoundTripTotals
  /** Bytes of each probe. */
  size: number
  /** How long a reply may take. */
  waitMillis: number
  /** Nanoseconds since 1970. */
  now: () => bigint
  connect: () => Promise<Connected>
  onOutcome: OnOutcome
}

/** Unanswered probes that are remembered; one more is not sent and lost at once. */
const MAXIMUM_UNANSWERED = 65_536

/** The probes of one connection: sends them, and judges what comes back. Sockets may follow one another. */
export class TcpPingConnection implements PingConnection {
  readonly trips: RoundTrips
  readonly #options: PingConnectionOptions
  readonly #stream: ProbeStream
  #socket: Socket | undefined

  constructor(options: PingConnectionOptions) {
    this.#options = options
    this.trips = new RoundTrips(options.totals, {
      timeoutMillis: options.waitMillis,
      capacity: MAXIMUM_UNANSWERED,
      onLost: (sequence, reason) => options.onOutcome(sequence, reason, null),
    })
    this.#stream = new ProbeStream({
      session: randomInt(2 ** 32),
      size: options.size,
      onReply: (sequence, isRight) => this.#replied(sequence, isRight),
      onUnexpected: () => this.trips.malformed(),
    })
  }

  async connect(): Promise<{ target: Connected['target']; lost: Promise<NetworkError> }> {
    const connected = await this.#options.connect()
    const { socket, target } = connected
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#stream.receive(chunk))
    return { target, lost: this.#whenLost(connected) }
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    socket?.end()
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

  /** With the connection every probe that was under way is lost. */
  async #whenLost(connected: Connected): Promise<NetworkError> {
    const error = await whenClosed(connected)
    // Not so when we closed it ourselves: those are in flight.
    if (this.#socket === connected.socket) {
      this.#socket = undefined
      for (const sequence of this.#stream.abandon()) this.trips.failed(sequence)
    }
    return error
  }

  #replied(sequence: number, isRight: boolean): void {
    if (!isRight) {
      this.trips.malformed()
      this.trips.failed(sequence, 'malformed')
    } else if (this.trips.reply(sequence) === 'answered')
      this.#options.onOutcome(sequence, 'answered', this.trips.lastRoundTripMicros)
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
