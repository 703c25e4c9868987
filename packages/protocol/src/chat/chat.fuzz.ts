import { ok, strictEqual } from 'node:assert/strict'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { safeText } from '../safe-text.ts'
import { parseChatInput } from './chat-input.ts'
import { LineDecoder } from './line-decoder.ts'
import { nicknameKeys, parseNickname } from './nickname.ts'
import { TelnetDecoder } from './telnet-decoder.ts'

/** The first byte cuts the rest in pieces of that length, as TCP may. */
function pieces(input: Uint8Array): { whole: Uint8Array; parts: Uint8Array[] } {
  const [size = 0] = input
  const whole = input.subarray(1)
  const length = 1 + (size % 16)
  const count = Math.ceil(whole.length / length)
  const at = (index: number): Uint8Array => whole.subarray(index * length, (index + 1) * length)
  return { whole, parts: Array.from({ length: count }, (_, index) => at(index)) }
}

/** However the stream is cut, text and refusals are the same; there is never more of it than came. */
function telnet(input: Uint8Array): void {
  const { whole, parts } = pieces(input)
  const once = decodeTelnet([whole])
  const inParts = decodeTelnet(parts)
  ok(inParts.text.equals(once.text), 'the same text in pieces')
  ok(inParts.refusals.equals(once.refusals), 'the same refusals in pieces')
  ok(once.text.length <= whole.length, 'no byte is invented')
  ok(once.refusals.length <= 96, 'refusals are bounded')
}

function decodeTelnet(chunks: readonly Uint8Array[]) {
  const decoder = new TelnetDecoder()
  // The decoder gives parts of the chunks it got.
  const text = Buffer.concat(chunks.map((chunk) => Uint8Array.from(decoder.push(chunk))))
  return { text, refusals: Buffer.from(decoder.takeRefusals()) }
}

const MAXIMUM_LINE = 32

/** However the stream is cut, the lines are the same; none is longer than the limit, or holds an end of line. */
function chatLines(input: Uint8Array): void {
  const { whole, parts } = pieces(input)
  const once = decodeLines([whole])
  strictEqual(JSON.stringify(decodeLines(parts)), JSON.stringify(once))
  for (const { text } of once) {
    // One byte that is no UTF-8 becomes U+FFFD, which has three.
    ok(Buffer.byteLength(text) <= 3 * MAXIMUM_LINE, 'a line is bounded')
    ok(!text.includes('\n'), 'a line is one line')
  }
}

function decodeLines(chunks: readonly Uint8Array[]) {
  const decoder = new LineDecoder({ maximumBytes: MAXIMUM_LINE })
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

/** Whatever a member types, no text of it can move a cursor, end a line or turn text around. */
function chatInput(input: Uint8Array): void {
  const parsed = parseChatInput(textOf(input))
  for (const text of Object.values(parsed)) {
    strictEqual(safeText(text), text)
    ok(!/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text), 'no control')
  }
}

/** A name that is accepted is short, safe and normal, and is taken for the same one in another normal form. */
function nickname(input: Uint8Array): void {
  const result = parseNickname(textOf(input))
  if (!result.ok) return
  const name = result.value
  strictEqual(safeText(name), name)
  strictEqual(name.normalize('NFC'), name)
  ok(name !== '' && Array.from(name).length <= 24 && !/[\s:]/.test(name), 'a short word')
  ok(!/^[*~]/.test(name), 'not the beginning of a message of the server')
  const keys = nicknameKeys(name)
  ok(keys.size > 0 && !keys.has(''), 'a name has keys')
  ok(!keys.isDisjointFrom(nicknameKeys(name.normalize('NFD'))), 'the same name in another form')
  const again = parseNickname(name)
  ok(again.ok && again.value === name, 'an accepted name is accepted again')
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'telnet',
    seeds: [
      Uint8Array.of(3, 255, 253, 1, 104, 105, 13, 10, 255, 251, 3),
      Uint8Array.of(0, 255, 250, 24, 0, 65, 255, 255, 66, 255, 240, 111, 107, 10),
      Uint8Array.of(1, 255, 255, 255, 244, 255, 242, 97, 255),
    ],
    maximumBytes: 256,
    run: telnet,
  },
  {
    name: 'chat-lines',
    seeds: ['\x03hello\r\nworld\n', '\x01\r\0a\rb\n\n', `\x05${'long '.repeat(20)}\n🙂é\r\n`],
    maximumBytes: 256,
    run: chatLines,
  },
  {
    name: 'chat-input',
    seeds: ['hello', '/me waves', '//slash', '/nick anna', '/WHO', '/help me', '\t/quit\u202e'],
    maximumBytes: 256,
    run: chatInput,
  },
  {
    name: 'nickname',
    seeds: ['anna', "o'neill", 'José', 'анна', 'a-b_c.d', 'e\u0301\u0302\u0303', '花子', 'Ǆ'],
    dictionary: ['\ufe0f', '\u180b', '\u0300', '\u0345', 'ß', 'İ', 'ﬁ', '\u{1d4d0}', 'Σς', 'ʼn'],
    maximumBytes: 128,
    run: nickname,
  },
]
