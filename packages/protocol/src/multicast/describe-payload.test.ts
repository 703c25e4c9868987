import { assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { safeText } from '../safe-text.ts'
import { describePayload } from './index.ts'

test.each([
  ['hello\n', 'hello'],
  ['tick\r\n', 'tick'],
  ['grüße 🙂\tda', 'grüße 🙂 da'],
  ['', '0 B'],
  ['\n', '1 B 0a'],
  ['two\nlines', '9 B 74776f0a6c696e6573'],
  ['\u001B[2J', '4 B 1b5b324a'],
  ['over\u202Eride', '11 B 6f766572e280ae72696465'],
  ['the text of a C program\0', 'the text of a C program'],
  [`in a buffer of zeros${'\0'.repeat(1000)}`, 'in a buffer of zeros'],
  ['a\0b', '3 B 610062'],
  ['\0'.repeat(64), `64 B ${'00'.repeat(16)}…`],
])('%j is shown as %j', (payload, shown) => {
  expect(describePayload(Buffer.from(payload))).toBe(shown)
})

test('invalid UTF-8 is shown as hex', () => {
  expect(describePayload(Uint8Array.of(0x61, 0xff))).toBe('2 B 61ff')
})

test('a long text is cut after a whole character', () => {
  expect(describePayload(Buffer.from('é'.repeat(600)))).toBe(`${'é'.repeat(512)}…`)
  expect(describePayload(Buffer.from(`x${'é'.repeat(600)}`))).toBe(`x${'é'.repeat(511)}…`)
})

test('any payload is one safe line', () => {
  assert(property(uint8Array({ maxLength: 2000, size: 'max' }), isOneSafeLine))
})

test(
  '10^6 broken payloads: nothing is thrown, each is one safe line',
  () => {
    const seeds = ['hello\n', 'grüße 🙂\tda', '\u001B[2J\u202E'].map((text) => Buffer.from(text))
    expect(feedMutated(seeds, 1e6, isOneSafeLine)).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function isOneSafeLine(bytes: Uint8Array): void {
  const shown = describePayload(bytes)
  if (shown === '' || shown.length > 1025 || safeText(shown) !== shown) {
    throw new Error(`not one safe line: ${JSON.stringify(shown)}`)
  }
}
