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
  vanishedMillis: number
  isInfoLogged: boolean
  /** Of each message. */
  linesPerSecond: number
}
