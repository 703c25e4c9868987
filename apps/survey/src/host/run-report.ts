import type { Writable } from 'node:stream'

import { escapeText, eventLine } from '@sockyard/cli/text'
import type { SurveyResult, SurveyRunEvent } from '@sockyard/protocol/results'

import type { Verdict } from '../run/check.ts'

type DataOf<Name extends SurveyRunEvent['event']> = Extract<SurveyRunEvent, { event: Name }>['data']

/** What takes the result of each check as soon as it is finished. */
export type OnResult = (result: SurveyResult) => void

/** Text for a person, or the JSON lines of docs/schemas/survey-run.json. */
export interface RunReport {
  start(data: DataOf<'start'>): void
  sample: OnResult
  /** @returns the exit code */
  end(interrupted: boolean): number
}

/** @param describe what a person reads of each result: by default all that is to be said */
export function createRunReport(
  stdout: Writable,
  json: boolean,
  describe: (result: SurveyResult) => string[] = checkText,
): RunReport {
  const found: SurveyResult['verdict'][] = []
  const counted = (verdict: SurveyResult['verdict']): number =>
    found.filter((each) => each === verdict).length
  const print = (lines: readonly string[]): void =>
    void stdout.write(lines.map((line) => `${escapeText(line)}\n`).join(''))
  return {
    start(data) {
      if (json) stdout.write(eventLine('start', data))
      else print([`survey of ${data.hosts.join(', ')}, profile ${data.profile}`])
    },
    sample(result) {
      found.push(result.verdict)
      if (json) stdout.write(eventLine('sample', result))
      else print(describe(result))
    },
    end(interrupted) {
      const [warned, failed, skipped] = [counted('warn'), counted('fail'), counted('skipped')]
      const end = { checks: found.length, warned, failed, skipped, interrupted }
      if (json) stdout.write(eventLine('end', end))
      else print(['', endText(end)])
      return failed === 0 ? 0 : 1
    },
  }
}

/** Where to, or for an agent from where to where. */
export function wayOf({ from, target }: Pick<SurveyResult, 'from' | 'target'>): string {
  return from === null ? target : `${from} to ${target}`
}

/** A verdict about the way from this host, with the facts that it was found by. */
export function resultOf(
  check: string,
  target: string,
  { status, ...verdict }: Verdict,
  facts: object,
): SurveyResult {
  const plain = facts as SurveyResult['facts']
  return {
    from: null,
    to: null,
    check,
    topic: topicOf(check),
    target,
    verdict: status,
    ...verdict,
    facts: plain,
  }
}

const TOPICS = ['tcp', 'udp', 'sctp', 'multicast', 'time', 'names', 'agent'] as const

/** STAMP is by UDP (RFC 8762). */
function topicOf(check: string): (typeof TOPICS)[number] {
  return TOPICS.find((topic) => check.startsWith(topic)) ?? 'udp'
}

/** A check that is well, with what was measured; the evidence, cause and remedy of one that is not. */
export function checkText(result: SurveyResult): string[] {
  const { check, verdict, summary, evidence, cause, remedy, reference } = result
  const first = `${verdict.toUpperCase().padEnd(7)}  ${check.padEnd(16)} ${wayOf(result)}  ${summary}`
  if (verdict === 'ok' || verdict === 'skipped')
    return evidence.length === 0 ? [first] : [first, `         ${evidence.join('; ')}`]
  return [
    first,
    ...evidence.map((each) => `         evidence  ${each}`),
    ...(cause === null ? [] : [`         cause     ${cause}`]),
    ...(remedy === null ? [] : [`         do        ${remedy}`]),
    ...(reference === null ? [] : [`         see       ${reference}`]),
  ]
}

function endText({ checks, warned, failed, skipped, interrupted }: DataOf<'end'>): string {
  const counts = `${checks} checks: ${failed} failed, ${warned} warned, ${skipped} skipped`
  return interrupted ? `${counts}; interrupted before the last one` : counts
}
