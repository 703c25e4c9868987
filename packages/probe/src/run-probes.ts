import { paceWindow } from './pace-window.ts'
import { pace } from './pacer.ts'
import { openPreciseClock } from './precise-clock.ts'
import { probeInterval } from './probe-interval.ts'
import type { RoundTrips } from './round-trips.ts'
import { settle } from './settle.ts'

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
export interface ProbeLane {
  /** Told by `send`, and by whoever reads the replies. */
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
 * @param lanes one or more, of the same totals
 */
export async function runProbes(
  plan: ProbePlan,
  lanes: readonly [ProbeLane, ...ProbeLane[]],
  signal: AbortSignal,
): Promise<void> {
  const { count, window } = plan
  if (window === undefined) await sendInTime(plan, lanes, signal)
  else await Promise.all(lanes.map((lane) => sendInWindow(lane, { count, window, signal })))
  await settleAll(lanes, signal)
  if (signal.aborted) await settleAll(lanes, AbortSignal.timeout(LAST_REPLIES_MILLIS))
}

async function sendInTime(
  plan: ProbePlan,
  lanes: readonly [ProbeLane, ...ProbeLane[]],
  signal: AbortSignal,
): Promise<void> {
  const isRate = plan.rate !== undefined
  using clock = openPreciseClock()
  const options = {
    clock,
    signal,
    count: plan.count === undefined ? undefined : plan.count * lanes.length,
    intervalMillis: probeInterval(plan) / lanes.length,
    ...(isRate && { maximumLateMillis: MAXIMUM_LATE_MILLIS, maximumBurst: MAXIMUM_BURST }),
    onSkipped: (probes: number) => lanes[0].trips.skipped(probes),
  }
  await pace(options, (number, dueAt) => {
    const lane = lanes[number % lanes.length] ?? lanes[0]
    lane.send(Math.floor(number / lanes.length), isRate ? dueAt : undefined)
  })
}

async function sendInWindow(
  lane: ProbeLane,
  limits: { count: number | undefined; window: number; signal: AbortSignal },
): Promise<void> {
  const { outstanding } = lane.trips
  await paceWindow({ ...limits, outstanding }, (number) => lane.send(number))
}

async function settleAll(lanes: readonly ProbeLane[], signal: AbortSignal): Promise<void> {
  await Promise.all(lanes.map(({ trips }) => settle(trips.outstanding, signal)))
}
