import { ok, strictEqual } from 'node:assert/strict'

import { safeText } from '@sockyard/protocol/chat'
import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { messageText, parseStreamLine, toMessage } from './lines.ts'

/** A line has a stream and a text that is a part of it; a message is shown safely, as it was made. */
function streamLine(input: Uint8Array): void {
  const line = textOf(input)
  const { stream, text } = parseStreamLine(line)
  ok(Number.isInteger(stream) && stream >= 0 && stream <= 99_999, 'a stream')
  ok(line.endsWith(text), 'the rest of the line')
  const shown = messageText(input)
  strictEqual(safeText(shown), shown)
  strictEqual(messageText(toMessage(text, 800)), safeText(text.replace(/\0+$/, '')))
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'sctp-lines',
    seeds: ['[3]hello', 'plain', '[99999]', '[x]no', 'text\0\0\0'],
    maximumBytes: 256,
    run: streamLine,
  },
]
