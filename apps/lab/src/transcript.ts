import type { Writable } from 'node:stream'

import type { LabEvent, LabStep } from '@sockyard/protocol/results'
import { escapeText } from '@sockyard/service/escape-text'

/** Writes what is played, for a person or as the JSON lines of docs/schemas/lab.json. */
export interface Transcript {
  start(experiment: string, about: string): void
  step(step: LabStep): void
  end(steps: number, lesson: string): void
}

export function createTranscript(stdout: Writable, json: boolean): Transcript {
  const tell = (event: LabEvent): void => void stdout.write(`${JSON.stringify(event)}\n`)
  const print = (...lines: readonly string[]): void =>
    lines.forEach((line) => void stdout.write(`${escapeText(line)}\n`))
  if (json)
    return {
      start: (experiment, about) => tell({ event: 'start', data: { experiment, about } }),
      step: (data) => tell({ event: 'sample', data }),
      end: (steps, lesson) => tell({ event: 'end', data: { steps, lesson } }),
    }
  return {
    start: (experiment, about) => print(`${experiment}: ${about}`, ''),
    step: (step) => print(callText(step), `${' '.repeat(13)}${step.why}`),
    end: (_steps, lesson) => print('', lesson),
  }
}

/** ` 2  server   recv(3, MSG_PEEK) = 3 "hel"` */
function callText({ step, who, call, arguments: words, returned, error, got }: LabStep): string {
  const number = String(step).padStart(3)
  const outcome = [returned, error, got].filter((each) => each !== null && each !== '').join(' ')
  return `${number}  ${who.padEnd(7)} ${call}(${words.join(', ')}) = ${outcome}`
}
