import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'

import { escapeJson, escapeText } from './escape-text.ts'

const HOSTILE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const anyText = string({ unit: 'binary', maxLength: 50 })

test('what moves a cursor, ends a line or turns the text shows as an escape', () => {
  expect(escapeText('a\nb\r\tc\u001b[31m\u009b\u007f')).toBe(
    String.raw`a\nb\r\tc\u001b[31m\u009b\u007f`,
  )
  expect(escapeText('\u202eevil\u2066\u2028\u2029')).toBe(String.raw`\u202eevil\u2066\u2028\u2029`)
})

test('other text stays as it is', () => {
  expect(escapeText('Zoë 日本 🎉 "quoted"')).toBe('Zoë 日本 🎉 "quoted"')
})

test('no text keeps a hostile character', () => {
  assert(
    property(anyText, (text) => {
      expect(escapeText(text)).not.toMatch(HOSTILE)
    }),
  )
})

test('escaped JSON has no hostile character and still means the same', () => {
  assert(
    property(anyText, (text) => {
      const line = escapeJson(JSON.stringify({ [text]: text }))
      expect(HOSTILE.test(line)).toBe(false)
      expect(JSON.parse(line)).toEqual({ [text]: text })
    }),
  )
})
