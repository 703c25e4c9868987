/** The limits of each client; times in milliseconds. */
export interface ClientLimits {
  /** A reader with more bytes than this unread is slow. */
  slowQueue: number
  /** How long a reader may be slow. */
  slowTimeout: number
  /** A reader with more bytes than this unread is disconnected at once. */
  maxQueue: number
  /** From the first byte of the first line to its end. */
  firstLineTimeout: number
  /** Without a line, which may be empty. */
  idleTimeout: number
  /** Without a pause below the line rate. */
  floodTimeout: number
}

/** Why a client is disconnected. */
export type DropReason = 'slow-reader' | 'memory' | 'idle' | 'unfinished-line' | 'flood'

/** The part of the idle timeout after which a client is probed: 90 s of 150 s. */
const PROBE_AT = 3 / 5

/** The state of a client's reading. */
export interface ReaderState {
  /** Bytes it has not taken yet. */
  queued: number
  /** Since when it has been slow without a break. */
  slowSince: number | undefined
}

/** Whether a client that does not read (fast enough) may stay. */
export function checkReader(
  reader: ReaderState,
  now: number,
  limits: Pick<ClientLimits, 'maxQueue' | 'slowTimeout'>,
): 'keep' | 'slow-reader' {
  if (reader.queued > limits.maxQueue) return 'slow-reader'
  const { slowSince = now } = reader
  return now - slowSince > limits.slowTimeout ? 'slow-reader' : 'keep'
}

/** The state of a client's typing; times of a monotonic clock. */
export interface SpeakerState {
  /** The end of its last line, or the time of its connection. */
  lastLineAt: number
  /** Whether it was asked if it is still there, since that line. */
  isProbed: boolean
  /** When its first line began, as long as it has no end. */
  firstLineBegunAt: number | undefined
  /** Since when its lines have had to wait without a break. */
  waitingSince: number | undefined
}

/**
 * Whether a client that sends nothing, or no whole line, may stay. One that only listens is expected to do
 * nothing but to answer the probe.
 */
export function checkSpeaker(
  speaker: SpeakerState,
  now: number,
  limits: Pick<ClientLimits, 'firstLineTimeout' | 'idleTimeout' | 'floodTimeout'>,
): 'keep' | 'probe' | Exclude<DropReason, 'slow-reader' | 'memory'> {
  const { firstLineBegunAt = now, waitingSince } = speaker
  if (now - firstLineBegunAt > limits.firstLineTimeout) return 'unfinished-line'
  if (waitingSince !== undefined) {
    return now - waitingSince > limits.floodTimeout ? 'flood' : 'keep'
  }
  const idle = now - speaker.lastLineAt
  if (idle > limits.idleTimeout) return 'idle'
  return idle > limits.idleTimeout * PROBE_AT && !speaker.isProbed ? 'probe' : 'keep'
}

/** How long a client has to answer the probe. */
export function probeMillis(idleTimeout: number): number {
  return idleTimeout * (1 - PROBE_AT)
}
