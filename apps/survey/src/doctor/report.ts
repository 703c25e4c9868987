import type { Writable } from 'node:stream'

import { escapeText, eventLine } from '@sockyard/cli/text'
import type { SurveyDoctorEvent } from '@sockyard/protocol/results'

import { chainLines } from './chain-text.ts'
import type { Verdict } from './verdict.ts'

type DataOf<Name extends SurveyDoctorEvent['event']> = Extract<
  SurveyDoctorEvent,
  { event: Name }
>['data']

/** Text for a person, or the JSON lines of docs/schemas/survey-doctor.json. */
export interface Report {
  start(data: DataOf<'start'>): void
  sample(data: DataOf<'sample'>): void
  end(data: DataOf<'end'>): void
}

export function createReport(stdout: Writable, json: boolean): Report {
  const emit = <Name extends SurveyDoctorEvent['event']>(event: Name, data: DataOf<Name>): void =>
    void stdout.write(eventLine(event, data))
  const print = (lines: readonly string[]): void =>
    void stdout.write(`${lines.map((line) => escapeText(line)).join('\n')}\n`)
  return {
    start: (data) => (json ? emit('start', data) : print([startText(data)])),
    sample: (data) => (json ? emit('sample', data) : print(verdictText(data))),
    end(data) {
      if (json) emit('end', data)
    },
  }
}

function startText({ check, target, waitMillis }: DataOf<'start'>): string {
  return check === 'host' ? `host ${target}` : `${check} ${target}: up to ${waitMillis / 1_000} s`
}

/** The verdict first, then why, what to do, what was seen, and the way with the link that breaks. */
function verdictText({
  verdict,
  code,
  summary,
  cause,
  remedy,
  evidence,
  chain,
}: Verdict): string[] {
  return [
    '',
    `${verdict.toUpperCase()}  ${summary}  [${code}]`,
    `  cause     ${cause}`,
    ...(remedy === '' ? [] : [`  do        ${remedy}`]),
    ...evidence.map((each, index) => `  ${index === 0 ? 'evidence' : '        '}  ${each}`),
    ...(chain.length === 0 ? [] : chainLines(chain)).map(
      (each, index) => `  ${index === 0 ? 'chain   ' : '        '}  ${each}`,
    ),
  ]
}
