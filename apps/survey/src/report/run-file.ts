import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { type SurveyRunEvent, surveyRunEvent } from '@sockyard/protocol/results'

type EventOf<Name extends SurveyRunEvent['event']> = Extract<SurveyRunEvent, { event: Name }>

/** What one check came to, as it stands in the file. */
export type RunResult = EventOf<'sample'>['data']

/** A run of `survey HOST… --json`. */
export interface Run {
  /** RFC 3339. */
  startedAt: string
  profile: EventOf<'start'>['data']['profile']
  hosts: readonly string[]
  results: readonly RunResult[]
  /** Whether the run came to its end; what was found until then is there in any case. */
  isWhole: boolean
}

/** A file that holds no run: `line` is the first that is none of it, from 1. */
export class RunFileError extends Error {
  override readonly name = 'RunFileError'
  readonly file: string
  readonly line: number

  constructor(file: string, line: number, reason: string) {
    super(`${file}:${line}: ${reason}; write it by: sockyard survey HOST --json >FILE`)
    this.file = file
    this.line = line
  }
}

/**
 * @param file `-` is the standard input
 * @param stdin what that is
 * @throws {RunFileError} when it holds something else
 * @throws {Error} of node:fs, with `code`, when it cannot be read
 */
export async function readRun(file: string, stdin: Readable): Promise<Run> {
  const content = file === '-' ? await text(stdin) : await readFile(file, 'utf8')
  return parseRun(content, file)
}

/**
 * @param content JSON lines; the last one may be torn, as that of a run that was killed
 * @throws {RunFileError} when another line is no event of a run, or the first does not start one
 */
export function parseRun(content: string, file: string): Run {
  const lines = content.split('\n').filter((line) => line.trim() !== '')
  const events = lines.flatMap((line, index) => {
    const event = parseEvent(line)
    if (event !== undefined) return [event]
    if (index > 0 && index === lines.length - 1) return []
    throw new RunFileError(file, index + 1, 'is no line of a survey')
  })
  const [start] = events
  if (start?.event !== 'start') throw new RunFileError(file, 1, 'is not the start of a survey')
  const { profile, hosts } = start.data
  const results = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
  const end = events.find((each) => each.event === 'end')
  return {
    startedAt: start.at,
    profile,
    hosts,
    results,
    isWhole: end !== undefined && !end.data.interrupted,
  }
}

function parseEvent(line: string): SurveyRunEvent | undefined {
  try {
    return surveyRunEvent.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
