import { monitorEventLoopDelay } from 'node:perf_hooks'

import type { SurveyResult } from '@sockyard/protocol/results'

import type { OnResult } from '../host/run-report.ts'
import { parseOperand, surveyTarget } from '../host/targets.ts'
import { SHORT_PACE, USUAL_PACE } from '../run/check.ts'
import type { Job, Result } from './messages.ts'

/** How a job is done. */
export interface JobContext {
  /** Takes each result at once. */
  post: (result: Result) => void
  /** Why an address may not be asked; undefined when it may. */
  refusal: (address: string) => string | undefined
  signal: AbortSignal
}

/**
 * Surveys the targets of a job; those of a quick one all at once, as their probes are few and small.
 *
 * @throws {ConfigurationError} for a target that cannot be read
 * @throws the reason of the signal when it is aborted
 */
export async function runJob(
  { targets, profile, waitMillis, idleMillis }: Job,
  { post, refusal, signal }: JobContext,
): Promise<void> {
  const wanted = targets.map((target) => parseOperand(target))
  const isQuick = profile === 'quick'
  const pace = isQuick ? SHORT_PACE : USUAL_PACE
  using busy = new BusyWatch()
  const onResult: OnResult = (sample) => post({ sample: busy.remark(sample) })
  const how = { profile, waitMillis, idleMillis, pace, signal, onResult, refusal }
  if (isQuick) await Promise.all(wanted.map((target) => surveyTarget(target, how)))
  else for (const target of wanted) await surveyTarget(target, how)
}

const RESOLUTION_MILLIS = 10
/** From here on it is in doubt whether the network was slow, or this process. */
const DOUBTFUL_MILLIS = 100

/** How late the event loop was: what looks like a slow or lossy network may be a busy host. */
class BusyWatch implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS })

  constructor() {
    this.#delay.enable()
  }

  /** Says so in the evidence of a verdict that is not well. */
  remark(result: SurveyResult): SurveyResult {
    const lateMillis = this.#delay.max / 1e6 - RESOLUTION_MILLIS
    const isWell = result.verdict === 'ok' || result.verdict === 'skipped'
    if (isWell || lateMillis < DOUBTFUL_MILLIS) return result
    const words = `the host of the agent is busy: its event loop was late by up to ${Math.round(lateMillis)} ms`
    return { ...result, evidence: [...result.evidence, words] }
  }

  [Symbol.dispose](): void {
    this.#delay.disable()
  }
}
