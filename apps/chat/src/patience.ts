/** How much each client may try our patience; times in milliseconds. */
export interface Patience {
  /** A reader with more bytes than this unread is slow. */
  slowQueue: number
  /** For so long a reader may be slow. */
  slowTimeout: number
  /** With more bytes than this unread no reader stays. */
  maxQueue: number
  /** From the first byte of the first line to its end. */
  firstLineTimeout: number
  /** Without a line, which may be empty. */
  idleTimeout: number
  /** Without a pause below the line rate. */
  floodTimeout: number
}

/** Why somebody is disconnected. */
export type Reason = 'slow-reader' | 'idle' | 'unfinished-line' | 'flood'

/** Of the time that a client may be idle, it is left in peace for so long: 90 s of 150 s. */
const PROBE_AT = 3 / 5

/** What is known of a client's reading. */
export interface ReaderState {
  /** Bytes it has not taken yet. */
  queued: number
  /** Since when it has been slow without a break. */
  slowSince: number | undefined
}

/** Whether a client that does not read (fast enough) may stay. */
export function judgeReader(
  reader: ReaderState,
  now: number,
  limits: Pick<Patience, 'maxQueue' | 'slowTimeout'>,
): 'keep' | 'slow-reader' {
  if (reader.queued > limits.maxQueue) return 'slow-reader'
  const { slowSince = now } = reader
  return now - slowSince > limits.slowTimeout ? 'slow-reader' : 'keep'
}

/** What is known of a client's typing; times of a clock that never goes back. */
export interface SpeakerState {
  /** The end of its last line, or its arrival. */
  lastLineAt: number
  /** Whether it was asked if it is still there, since that line. */
  isProbed: boolean
  /** When its first line began, as long as it has no end. */
  firstLineBegunAt: number | undefined
  /** Since when its lines have had to wait without a break. */
  waitingSince: number | undefined
}

/**
 * Whether a client that says nothing (to the end) may stay. One that only listens is not slow: nothing is
 * awaited of it but an answer to the probe.
 */
export function judgeSpeaker(
  speaker: SpeakerState,
  now: number,
  limits: Pick<Patience, 'firstLineTimeout' | 'idleTimeout' | 'floodTimeout'>,
): 'keep' | 'probe' | Exclude<Reason, 'slow-reader'> {
  const { firstLineBegunAt = now, waitingSince } = speaker
  if (now - firstLineBegunAt > limits.firstLineTimeout) return 'unfinished-line'
  if (waitingSince !== undefined) {
    return now - waitingSince > limits.floodTimeout ? 'flood' : 'keep'
  }
  const idle = now - speaker.lastLineAt
  if (idle > limits.idleTimeout) return 'idle'
  return idle > limits.idleTimeout * PROBE_AT && !speaker.isProbed ? 'probe' : 'keep'
}

/** How long a client still has to answer when it is probed. */
export function probeMillis(idleTimeout: number): number {
  return idleTimeout * (1 - PROBE_AT)
}
