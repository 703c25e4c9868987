import type { RoundTrips } from '../statistics/round-trips.ts'
import { openPreciseClock } from './clock.ts'
import { pace } from './pacer.ts'
import { paceWindow, settle } from './window.ts'

/** What is under way when the sending is stopped may still be answered for so long. */
const LAST_REPLIES_MILLIS = 1_000
/** At a rate, a probe that is later than this is not sent any more. */
const MAXIMUM_LATE_MILLIS = 1_000
/** Of those that are overdue so many go out before replies are read again. */
const MAXIMUM_BURST = 256

/** When the probes of a client go out, in the words of its options; each connection has as many. */
export interface ProbePlan {
  /** Without it, until `signal` aborts. */
  count?: number | undefined
  /** Milliseconds from one to the next; 1,000 without it. */
  interval?: number | undefined
  /** So many a second, instead of an interval. */
  rate?: number | undefined
  /** As fast as answers come, with so many unanswered, instead of both. */
  window?: number | undefined
}

/** What probes go out on: a connection, or a UDP socket. */
export interface Connection {
  /** Updated by `send`, and by the reader of the replies. */
  readonly trips: RoundTrips
  /**
   * @param number 0, 1, 2 …
   * @param dueAt only at a rate: when it was due, for `trips`
   */
  send(number: number, dueAt?: number): void
}

/**
 * Sends all probes, and waits until each was answered or is lost. What still waits a second after `signal` has
 * ended the sending stays as it is.
 *
 * A rate is an open loop: what is due goes out whether or not answers come, and what we are late with goes out
 * nevertheless, up to a second. Connections take turns, so that their probes are spread evenly.
 *
 * @param connections one or more, of the same totals
 */
export async function runProbes(
  plan: ProbePlan,
  connections: readonly [Connection, ...Connection[]],
  signal: AbortSignal,
): Promise<void> {
  const { count, window } = plan
  if (window === undefined) await sendInTime(plan, connections, signal)
  else
    await Promise.all(
      connections.map((connection) => sendInWindow(connection, { count, window, signal })),
    )
  await settleAll(connections, signal)
  if (signal.aborted) await settleAll(connections, AbortSignal.timeout(LAST_REPLIES_MILLIS))
}

async function sendInTime(
  plan: ProbePlan,
  connections: readonly [Connection, ...Connection[]],
  signal: AbortSignal,
): Promise<void> {
  const isRate = plan.rate !== undefined
  using clock = openPreciseClock()
  const options = {
    clock,
    signal,
    count: plan.count === undefined ? undefined : plan.count * connections.length,
    intervalMillis: probeInterval(plan) / connections.length,
    // An interval is no promise: what was due while the process was stopped is not missed.
    ...(isRate && {
      maximumLateMillis: MAXIMUM_LATE_MILLIS,
      maximumBurst: MAXIMUM_BURST,
      onSkipped: (probes: number) => connections[0].trips.skipped(probes),
    }),
  }
  await pace(options, (number, dueAt) => {
    const connection = connections[number % connections.length] ?? connections[0]
    connection.send(Math.floor(number / connections.length), isRate ? dueAt : undefined)
  })
}

async function sendInWindow(
  connection: Connection,
  limits: { count: number | undefined; window: number; signal: AbortSignal },
): Promise<void> {
  const { pending } = connection.trips
  await paceWindow({ ...limits, pending }, (number) => connection.send(number))
}

async function settleAll(connections: readonly Connection[], signal: AbortSignal): Promise<void> {
  await Promise.all(connections.map(({ trips }) => settle(trips.pending, signal)))
}

/** `--interval` when neither it nor `--rate` is given. */
const DEFAULT_MILLIS = 1_000

/** Milliseconds from one probe to the next: `--rate` (a second) when it is given, else `--interval`, else 1 s. */
export function probeInterval(options: {
  rate?: number | undefined
  interval?: number | undefined
}): number {
  const { rate, interval = DEFAULT_MILLIS } = options
  return rate === undefined ? interval : 1_000 / rate
}
