import type { Writable } from 'node:stream'

import { parseTarget, type ResolvedAddress } from '@sockyard/net/address'
import { type PathOptions, sourceInterface } from '@sockyard/net/connect'
import { failureOf, NetworkError, place } from '@sockyard/net/errors'

import { probeInterval, type ProbePlan, runProbes } from '../pacing/run-probes.ts'
import { RoundTripTotals } from '../statistics/round-trips.ts'
import {
  connectAll,
  type Connected,
  keepConnected,
  type OnOutcome,
  type PingConnection,
} from './connection.ts'
import { PingDetails } from './ping-details.ts'
import { createPingReport } from './ping-report.ts'
import { type ProbeSizes, SizeSweep, type Sweep } from './probe-sizes.ts'
import { replyFields } from './reply-headers.ts'

interface PingOptions extends ProbePlan, PathOptions {
  /** Bytes of each probe. */
  size: number
  /** Probes of growing sizes, instead; without a count one of each. */
  sweep?: Sweep | undefined
  /** Bits of payload a second that `rate` was made from: rates are reported. */
  bitrate?: number | undefined
  /** Milliseconds after which nothing more is sent. */
  deadline?: number | undefined
  /** How many connections, each with its own probes; default: 1. */
  connections?: number | undefined
  quiet: boolean
  json: boolean
  csv: boolean
  timestamps: boolean
  histogram: boolean
}

/** What `ping` needs of its process; the context of a command has it. */
interface PingContext {
  options: PingOptions
  /** The first is HOST[:PORT]. */
  operands: readonly string[]
  /** Aborts when the user wants it to end. */
  signal: AbortSignal
  log: { warn: (message: string) => void }
  stdout: Writable
  isTerminal: boolean
  /** Takes each event as a line of JSON, for the admin endpoint. */
  publishEvent: ((json: string) => void) | undefined
  /** Opens the admin endpoint where one was asked for; only for a run that goes on until it is stopped. */
  openAdmin(measured: {
    counts: () => Readonly<Record<string, number>>
    isReady: () => boolean
  }): Promise<(AsyncDisposable & { roundTrip(micros: number): void }) | undefined>
}

/** What differs from transport to transport. */
export interface PingTransport {
  name: 'tcp' | 'udp' | 'sctp'
  /** The default port. */
  defaultPort: number
  open(probes: { totals: RoundTripTotals; onOutcome: OnOutcome; sizes: ProbeSizes }): PingConnection
}

/** The longest that a timer can wait. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/**
 * Measures round trips: the whole of `ping`, over any transport.
 *
 * @returns the exit code: 1 when a probe was lost or came back wrong, when a connection was lost for good, or when
 *   `--rate` was not kept
 * @throws {ConfigurationError} when there is no interface to send by
 * @throws {NetworkError} when there is no connection to begin with
 */
export async function ping(context: PingContext, transport: PingTransport): Promise<number> {
  const options = withCount(context.options)
  sourceInterface(options)
  parseTarget(context.operands[0] ?? '', transport.defaultPort)
  const run = new PingRun({ ...context, options }, transport)
  try {
    return await run.measure()
  } catch (error) {
    // Stopped while still connecting: nothing was measured, and nothing failed.
    if (context.signal.aborted) return 0
    if (options.json && error instanceof NetworkError) run.end(error)
    throw error
  } finally {
    await run.close()
  }
}

/** One run: its connections, and what is counted and reported of them. */
class PingRun {
  readonly #context: PingContext
  readonly #transport: PingTransport
  readonly #totals = new RoundTripTotals()
  readonly #details: PingDetails
  readonly #report: ReturnType<typeof createPingReport>
  readonly #connections: readonly [PingConnection, ...PingConnection[]]
  #isAnswered = false
  #onRoundTrip: (micros: number) => void = () => {}

  constructor(context: PingContext, transport: PingTransport) {
    const { options, stdout, isTerminal, publishEvent } = context
    this.#context = context
    this.#transport = transport
    this.#details = new PingDetails(options)
    const measured = this.#details.measured(this.#totals)
    const rate = probesPerSecond(options)
    const about = { stdout, isTerminal, publishEvent, probesPerSecond: rate, measured }
    this.#report = createPingReport({ ...options, ...about })
    const others = Array.from({ length: (options.connections ?? 1) - 1 }, (_, index) => index + 1)
    this.#connections = [this.#open(0), ...others.map((index) => this.#open(index))]
  }

  /** @returns the exit code */
  async measure(): Promise<number> {
    const { options, log } = this.#context
    const [first] = this.#connections
    const connected = await connectAll(this.#connections)
    // Once there is something to tell: a target that cannot be reached is one line.
    await using admin = await this.#openAdmin()
    if (admin !== undefined) this.#onRoundTrip = (micros) => admin.roundTrip(micros)
    const { target } = connected[0]
    this.#report.start(startOf(this.#context, this.#transport, target))
    const reporting = this.#report.eachSecond()
    const lost = await measure(this.#context, this.#connections, connected, reporting)
    const failure = lost ?? failureOfNone(this.#totals, first, target)
    this.end(failure)
    if (failure !== undefined && options.csv) log.warn(failure.message)
    return failure === undefined && isGood(this.#totals) ? 0 : 1
  }

  end(failure?: NetworkError): void {
    const pathMtuBytes = this.#connections[0].pathMtuBytes?.()
    const details = this.#details.atEnd(this.#totals, pathMtuBytes)
    this.#report.end({ ...endOf(this.#totals, failure), ...details })
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((each) => each.close()))
  }

  #open(connection: number): PingConnection {
    const onOutcome: OnOutcome = (sequence, outcome, rttMicros, header) => {
      this.#isAnswered = rttMicros !== null
      if (rttMicros !== null) this.#onRoundTrip(rttMicros)
      this.#details.record(sequence, outcome, rttMicros, header)
      const sizeBytes = this.#details.sizes.of(sequence)
      const about = { connection, sequence, sizeBytes, outcome, rttMicros }
      this.#report.sample({ ...about, ...replyFields(header) })
    }
    return this.#transport.open({ totals: this.#totals, onOutcome, sizes: this.#details.sizes })
  }

  /** Only for a run that goes on until it is stopped. */
  async #openAdmin() {
    const { options } = this.#context
    if (options.count !== undefined || options.deadline !== undefined) return undefined
    const counts = () => ({ ...this.#totals.counts })
    return await this.#context.openAdmin({ counts, isReady: () => this.#isAnswered })
  }
}

/** A sweep ends when each size was sent, unless a count says otherwise. */
function withCount(options: PingOptions): PingOptions {
  const { count, deadline, sweep } = options
  if (sweep === undefined || count !== undefined || deadline !== undefined) return options
  return { ...options, count: new SizeSweep(sweep).steps }
}

/** Infinity for as fast as replies arrive. */
function probesPerSecond(options: PingOptions): number {
  const { connections = 1, window } = options
  return window === undefined ? (connections * 1_000) / probeInterval(options) : Infinity
}

function startOf(
  { options, operands }: PingContext,
  { name: transport, defaultPort }: PingTransport,
  { address, port }: ResolvedAddress,
) {
  const { connections = 1, window = null, sweep = null } = options
  const { count = null } = withCount(options)
  const { host } = parseTarget(operands[0] ?? '', defaultPort)
  const intervalMillis = window === null ? probeInterval(options) : null
  const server = { transport, host, address, port }
  const sizeBytes = sweep?.toBytes ?? options.size
  return { ...server, connections, count, intervalMillis, window, sizeBytes, sweep }
}

/** Sends all probes and waits for the replies. @returns why a connection was lost for good */
async function measure(
  { options, signal: user, log }: PingContext,
  connections: readonly [PingConnection, ...PingConnection[]],
  connected: readonly [Connected, ...Connected[]],
  reporting: Disposable,
): Promise<NetworkError | undefined> {
  using _reporting = reporting
  const { count, deadline, window } = options
  const [stop, done] = [new AbortController(), new AbortController()]
  const signals = [user, stop.signal]
  if (deadline !== undefined)
    signals.push(AbortSignal.timeout(Math.min(deadline, LONGEST_TIMER_MILLIS)))
  const signal = AbortSignal.any(signals)
  const reconnects = count === undefined && deadline === undefined && window === undefined
  const keeping = connections.map(async (each, index) => {
    const first = connected[index] ?? connected[0]
    const error = await keepConnected(each, first, { reconnects, log, signal, done: done.signal })
    if (error !== undefined) stop.abort()
    return error
  })
  await runProbes(options, connections, signal)
  done.abort()
  // What is missing at the end of its own is lost; when the user stopped it, it is in flight.
  if (!user.aborted) for (const { trips } of connections) trips.pending.expire(Infinity)
  const errors = await Promise.all(keeping)
  return errors.find((error) => error !== undefined)
}

/** Why nothing at all was answered: a refusal, or silence (a firewall, or a host that is not there). */
function failureOfNone(
  { counts }: RoundTripTotals,
  { failure }: PingConnection,
  { address: host, port }: ResolvedAddress,
): NetworkError | undefined {
  if (counts.received > 0 || counts.lost === 0) return undefined
  const message = `${place(host, port)}no answer in time`
  return failure ?? new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}

function endOf(totals: RoundTripTotals, failure: NetworkError | undefined) {
  const unanswered = failure?.errorClass === 'REFUSED' ? ('refused' as const) : ('silent' as const)
  const verdict = totals.counts.received > 0 ? ('answered' as const) : unanswered
  return { verdict, ...(failure && { error: failureOf(failure) }) }
}

function isGood({ counts, keptRate }: RoundTripTotals): boolean {
  return counts.lost === 0 && counts.malformed === 0 && keptRate
}
