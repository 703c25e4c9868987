import type { ConnectionLimits } from '@sockyard/service/connection-counts'

/** What a worker is told when it is started: all of it can be cloned or is shared. */
export interface EngineStart {
  /** The descriptor of its listening socket, which is non-blocking and becomes its own. */
  listener: number
  /** Of `EngineCounts`. */
  counts: SharedArrayBuffer
  /** Numbers connections in the order of arrival, over all workers. */
  arrivals: BigInt64Array
  /** Of `SharedPeerTally`, when there are several workers. */
  tally: SharedArrayBuffer | undefined
  limits: Omit<ConnectionLimits, 'addresses'>
  allow: readonly string[]
  deny: readonly string[]
  idleMillis: number
  /** How long each piece that was received waits for its echo; 0 is not at all. */
  thinkMillis: number
  /** How many are let in at a time; the others wait in the backlog (listen(2)). */
  atOnce?: number | undefined
  /** Ends after so many connections. */
  endsAfter?: number | undefined
  vanishedMillis: number
  isInfoLogged: boolean
  /** Of each message. */
  linesPerSecond: number
}
