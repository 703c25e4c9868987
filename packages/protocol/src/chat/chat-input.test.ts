import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { parseChatInput, safeText } from './index.ts'

const anyText = string({ unit: 'binary' })

/** Control characters, and code points that could forge a second line or turn one around. */
const HOSTILE = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x2028, 0x2029],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
] as const

test('nothing hostile is left of any text, and what is left stays', () => {
  assert(
    property(anyText, (text) => {
      const safe = safeText(text)
      expect(Array.from(safe).filter(isHostile)).toEqual([])
      expect(safe.isWellFormed()).toBe(true)
      expect(safeText(safe)).toBe(safe)
    }),
  )
})

test.each([
  ['\u001B[2Jboo', '[2Jboo'],
  ['a\r\nb', 'ab'],
  ['a\tb', 'a b'],
  ['\u009B31m', '31m'],
  ['evil\u202Etxt.exe', 'eviltxt.exe'],
  ['one\u2028two\u2029three', 'onetwothree'],
  ['\u007F\u0000', ''],
  ['\uD83D', ''],
  ['שלום 🙂 e\u0301', 'שלום 🙂 e\u0301'],
])('%j is shown as %j', (hostile, safe) => {
  expect(safeText(hostile)).toBe(safe)
})

test.each([
  ['hello there ', { kind: 'say', text: 'hello there' }],
  [' /nick', { kind: 'say', text: ' /nick' }],
  ['//quit is a command', { kind: 'say', text: '/quit is a command' }],
  ['/nick  Ada ', { kind: 'nick', name: 'Ada' }],
  ['/nick', { kind: 'nick', name: '' }],
  ['/nick two words', { kind: 'nick', name: 'two words' }],
  ['/ME waves', { kind: 'me', text: 'waves' }],
  ['/me', { kind: 'empty' }],
  ['/who', { kind: 'who' }],
  ['/help me', { kind: 'help' }],
  ['/quit', { kind: 'quit' }],
  ['/dance now', { kind: 'unknown', command: 'dance' }],
  ['/', { kind: 'unknown', command: '' }],
  ['', { kind: 'empty' }],
  [' \u001B\t', { kind: 'empty' }],
  ['\uFEFF/nick zoe', { kind: 'nick', name: 'zoe' }],
  ['\uFEFFhello', { kind: 'say', text: 'hello' }],
  ['helo\blo', { kind: 'say', text: 'hello' }],
  ['hé🙂\u007F\u007Fi', { kind: 'say', text: 'hi' }],
  ['\b\b/whi\u007Fo', { kind: 'who' }],
  ['secret\u0015/quit', { kind: 'quit' }],
  ['x\b', { kind: 'empty' }],
])('%j is read as %j', (line, input) => {
  expect(parseChatInput(line)).toEqual(input)
})

test('the parsed text of any input is safe', () => {
  for (const start of ['', '/', '/me ', '/nick ']) {
    assert(property(anyText, (text) => readsSafely(start + text)))
  }
})

test(
  '10^6 broken lines: nothing is thrown, and what is read is safe',
  () => {
    const seeds = ['/nick Ada', '//x', '/me \u202E\u001Bé'].map((text) => Buffer.from(text))
    expect(
      feedMutated(seeds, 1e6, (bytes) => readsSafely(Buffer.from(bytes).toString())),
    ).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function readsSafely(line: string): void {
  for (const part of Object.values(parseChatInput(line)))
    if (safeText(part) !== part) throw new Error(`unsafe: ${JSON.stringify(part)}`)
}

function isHostile(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return HOSTILE.some(([first, last]) => code >= first && code <= last)
}
