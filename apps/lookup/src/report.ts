import type { Writable } from 'node:stream'

import type { LookupAnswer, LookupEvent } from '@sockyard/protocol/results'
import { escapeJson, escapeText } from '@sockyard/service/escape-text'

type DataOf<Name extends LookupEvent['event']> = Extract<LookupEvent, { event: Name }>['data']
type StartData = DataOf<'start'>
type EndData = DataOf<'end'>

/** What a person reads, or the JSON lines of docs/schemas/lookup.json. */
export interface Report {
  start(data: StartData): void
  sample(data: LookupAnswer): void
  end(data: EndData): void
}

/** @param textOf one or more lines of an answer; what comes from a name server is made safe here */
export function createReport(
  stdout: Writable,
  json: boolean,
  textOf: (answer: LookupAnswer) => string,
): Report {
  let sources: StartData['sources'] = []
  const tell = (event: LookupEvent['event'], data: unknown): void =>
    void stdout.write(`${escapeJson(JSON.stringify({ event, data }))}\n`)
  const print = (text: string): void =>
    void stdout.write(`${text.split('\n').map(escapeText).join('\n')}\n`)
  return {
    start(data) {
      sources = data.sources
      if (json) tell('start', data)
    },
    sample: (data) => (json ? tell('sample', data) : print(textOf(data))),
    end(data) {
      if (json) tell('end', data)
      else if (data.found > 0 && sources.length > 0) print(sourceText(sources, data.answeredBy))
    },
  }
}

/** `hosts: files dns (/etc/nsswitch.conf), answered by files`; the answer is that of the first database. */
function sourceText(sources: StartData['sources'], answeredBy: string | null): string {
  const texts = sources.map(({ database, sources: asked, from }, index) => {
    const answered = answeredBy === null || index > 0 ? '' : `, answered by ${answeredBy}`
    return `${database}: ${asked} (${from})${answered}`
  })
  return `from ${texts.join('; ')}`
}
