import { type Clock, monotonicClock } from './clock.ts'

/** How long a sending run lasts; the first that is reached ends it, and without any it never ends. */
export interface RunLimits {
  /** How many to send. */
  count?: number | undefined
  /** Milliseconds from the beginning, after which nothing more is sent. */
  deadlineMillis?: number | undefined
  signal?: AbortSignal | undefined
}

/** When to send. */
export interface PaceOptions extends RunLimits {
  /** Milliseconds from one send to the next; 0.01 is 100,000 a second. More than 0. */
  intervalMillis: number
  /**
   * How many that are overdue may go out at once after the process was held up; those beyond are
   * skipped and counted. Default: what falls due in 50 ms, at least 1 and at most 1,000.
   */
  maximumBurst?: number
  /**
   * How late one may go out, instead: after the process was held up all that are not later than this go out,
   * `maximumBurst` in each turn of the event loop. At the end what is still overdue counts as skipped.
   */
  maximumLateMillis?: number | undefined
  /** Told at once of what `PaceResult.skipped` tells at the end. */
  onSkipped?: ((moments: number) => void) | undefined
  /** Default: the real time; a test has its own. */
  clock?: Clock
}

/** What was sent. */
export interface PaceResult {
  sent: number
  /** Moments that passed without a send, because the process came too late for them. */
  skipped: number
  ended: 'count' | 'deadline' | 'aborted'
}

/**
 * Calls `send` at a fixed rate. The moments are counted from the beginning, not from the last send,
 * so lateness never adds up; above 1,000 a second several go out per turn of the event loop.
 *
 * Resolves after the last send; replies may still be on their way then (see `settle`). What `send`
 * throws rejects.
 *
 * @param send gets 0, 1, 2 … and the moment it was due (milliseconds of `performance.now()`)
 * @throws {RangeError} when the interval is not more than 0
 * @example
 * await pace({ intervalMillis: 1000, count: 10, signal }, (sequence) => socket.send(probe(sequence)))
 */
export async function pace(
  options: PaceOptions,
  send: (sequence: number, dueAt: number) => void,
): Promise<PaceResult> {
  const { intervalMillis, maximumLateMillis = 0, clock = monotonicClock } = options
  if (!(intervalMillis > 0)) throw new RangeError(`intervalMillis ${intervalMillis}: must be > 0`)
  const maximumBurst = options.maximumBurst ?? burstOf(intervalMillis)
  const maximumOverdue = Math.max(maximumBurst, Math.floor(maximumLateMillis / intervalMillis) + 1)
  const start = clock.now()
  let sent = 0
  let skipped = 0
  const dueAt = (): number => start + (sent + skipped) * intervalMillis
  const skipBeyond = (overdue: number, most: number): void => {
    if (overdue <= most) return
    skipped += overdue - most
    options.onSkipped?.(overdue - most)
  }

  for (;;) {
    const ended = whyEnded(options, sent, clock.now() - start)
    const overdue = Math.floor((clock.now() - dueAt()) / intervalMillis) + 1
    if (ended !== undefined) {
      // Between two turns some are always overdue.
      if (ended !== 'count' && maximumLateMillis > 0) skipBeyond(overdue, maximumBurst)
      return { sent, skipped, ended }
    }
    skipBeyond(overdue, maximumOverdue)
    const burst = Math.min(overdue, maximumBurst, (options.count ?? Infinity) - sent)
    for (let n = 0; n < burst; n++) {
      const due = dueAt()
      send(sent++, due)
    }
    if (sent !== options.count)
      await clock.sleep(untilNext(options, start, dueAt(), clock.now()), options.signal)
  }
}

function burstOf(intervalMillis: number): number {
  return Math.min(1_000, Math.max(1, Math.floor(50 / intervalMillis)))
}

/** Milliseconds to sleep: to the next send or to the deadline; 0 when the next is due already. */
function untilNext(options: PaceOptions, start: number, dueAt: number, now: number): number {
  const end = start + (options.deadlineMillis ?? Infinity)
  return Math.max(0, Math.min(dueAt, end) - now)
}

/** Which limit has been reached, if any. */
export function whyEnded(
  limits: RunLimits,
  sent: number,
  elapsedMillis: number,
): PaceResult['ended'] | undefined {
  if (limits.signal?.aborted) return 'aborted'
  if (limits.count !== undefined && sent >= limits.count) return 'count'
  return elapsedMillis >= (limits.deadlineMillis ?? Infinity) ? 'deadline' : undefined
}
