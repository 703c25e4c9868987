import type { ResolvedAddress } from '@sockyard/net/address'

import type { Verdict as DoctorVerdict } from '../doctor/verdict.ts'

export type Profile = 'quick' | 'full' | 'long'

/** What a check came to. */
export interface Verdict {
  status: 'ok' | 'warn' | 'fail' | 'skipped'
  /** One sentence; of a check that was skipped, the reason. */
  summary: string
  evidence: string[]
  cause: string | null
  /** One thing to do. */
  remedy: string | null
  /** The RFC that says so, with its section. */
  reference: string | null
}

/** Of probes that are sent at a steady rate. */
export interface Pace {
  count: number
  intervalMillis: number
}

/** Of one way: two seconds of a call with a codec of 20 ms. */
export const USUAL_PACE: Pace = { count: 100, intervalMillis: 20 }
/** Of many ways, one after the other. */
export const SHORT_PACE: Pace = { count: 50, intervalMillis: 10 }

/** What a check works with. */
export interface CheckContext {
  peer: ResolvedAddress
  /** For a connection, and for one reply. */
  waitMillis: number
  /** How long connections are left alone, milliseconds; empty: not at all. */
  idleMillis: readonly number[]
  pace: Pace
  signal: AbortSignal
}

/** One thing that is found out about the way to a peer: facts first, then a pure judgement of them. */
export interface Check<Facts extends object> {
  /** Such as `tcp-connect`. */
  name: string
  profiles: readonly Profile[]
  /**
   * @throws {NetworkError} when the network ends it
   * @throws the reason of the signal when it is aborted and nothing was found yet
   */
  gather(context: CheckContext): Promise<Facts>
  judge(facts: Facts): Verdict
  /** Why nothing can be said, where the service that is asked is not there; undefined where it is. */
  missing?(facts: Facts): string | undefined
}

/** A verdict without more to say than its sentence. */
export function verdict(status: Verdict['status'], summary: string): Verdict {
  return { status, summary, evidence: [], cause: null, remedy: null, reference: null }
}

/** A verdict of the doctor, without its code and its chain. */
export function fromDoctor(found: DoctorVerdict): Verdict {
  const { verdict: status, summary, evidence, cause, remedy } = found
  const isWell = status === 'ok'
  const why = { cause: isWell ? null : cause, remedy: isWell ? null : remedy }
  return { status, summary, evidence, ...why, reference: null }
}
