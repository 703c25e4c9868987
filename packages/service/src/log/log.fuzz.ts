import { ok, strictEqual } from 'node:assert/strict'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { createLog } from './log.ts'

/** Whatever a peer said, one event is one line, of JSON and for a person, and no line can move a cursor. */
function logLine(input: Uint8Array): void {
  const text = textOf(input)
  for (const format of ['json', 'text'] as const) {
    const lines: string[] = []
    const published: string[] = []
    const log = createLog({
      name: 'fuzz',
      level: 'info',
      format,
      write: (line) => lines.push(line),
      publish: (json) => published.push(json),
    })
    log.info({ text, [text]: text, error: new Error(text) }, text)
    strictEqual(lines.length, 1)
    for (const line of [...lines.map((each) => each.slice(0, -1)), ...published])
      ok(!/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(line), 'one safe line')
    ok(
      published.every((json) => typeof JSON.parse(json) === 'object'),
      'JSON',
    )
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'log-line',
    seeds: ['plain', 'a\nb\u001b[31m', '"quoted" \\u0000', 'event', 'msg', '\u202e'],
    dictionary: ['at', 'level', 'name', 'msg', 'err', 'data'],
    maximumBytes: 128,
    run: logLine,
  },
]
