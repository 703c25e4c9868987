import type { Writable } from 'node:stream'

import { escapeText, eventLine } from '@sockyard/cli/text'
import type { SurveyRunEvent } from '@sockyard/protocol/results'

import type { Verdict } from '../run/check.ts'

type DataOf<Name extends SurveyRunEvent['event']> = Extract<SurveyRunEvent, { event: Name }>['data']

/** Text for a person, or the JSON lines of docs/schemas/survey-run.json: a check is reported as soon as it is finished. */
export interface RunReport {
  start(data: DataOf<'start'>): void
  sample(check: string, target: string, verdict: Verdict, facts: object): void
  /** @returns the exit code */
  end(interrupted: boolean): number
}

export function createRunReport(stdout: Writable, json: boolean): RunReport {
  const found: Verdict['status'][] = []
  const counted = (status: Verdict['status']): number =>
    found.filter((each) => each === status).length
  const print = (lines: readonly string[]): void =>
    void stdout.write(`${lines.map((line) => escapeText(line)).join('\n')}\n`)
  return {
    start(data) {
      if (json) stdout.write(eventLine('start', data))
      else print([`survey of ${data.hosts.join(', ')}, profile ${data.profile}`])
    },
    sample(check, target, { status, ...verdict }, facts) {
      found.push(status)
      const topic = topicOf(check)
      if (json)
        stdout.write(
          eventLine('sample', { check, topic, target, verdict: status, ...verdict, facts }),
        )
      else print(checkText(check, target, { status, ...verdict }))
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

const TOPICS = ['tcp', 'udp', 'sctp', 'names'] as const

/** STAMP is by UDP (RFC 8762). */
function topicOf(check: string): (typeof TOPICS)[number] {
  return TOPICS.find((topic) => check.startsWith(topic)) ?? 'udp'
}

/** A check that is well, with what was measured; the evidence, cause and remedy of one that is not. */
function checkText(check: string, target: string, verdict: Verdict): string[] {
  const { status, summary, evidence, cause, remedy, reference } = verdict
  const first = `${status.toUpperCase().padEnd(7)}  ${check.padEnd(16)} ${target}  ${summary}`
  if (status === 'ok' || status === 'skipped')
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
