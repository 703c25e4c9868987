import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { MalformedError } from '../parsed.ts'
import { nicknameKeys, parseNickname, safeText } from './index.ts'

test.each([
  'Ada',
  'x',
  'jean-luc',
  "O'Neill",
  '李雷',
  'Ольга',
  'हिन्दी',
  '_',
  'n'.repeat(24),
  '7of9',
])('%s is a name', (name) => {
  expect(parseNickname(name)).toEqual({ ok: true, value: name })
})

test.each([
  ['', 'nothing'],
  ['two words', 'a space'],
  ['tab\tbed', 'a tab'],
  ['no\u00A0break', 'a space that does not look like one'],
  ['a:b', 'a colon: it ends a name in `name: line`'],
  ['*', 'a star: it begins a notice'],
  ['/who', 'a slash: it begins a command'],
  ['-x', 'a dash first'],
  ['n'.repeat(25), 'too long'],
  ['\u001B[1m', 'an escape'],
  ['zero\u200Bwidth', 'a zero-width space'],
  ['\u3164', 'an invisible letter'],
  ['x\u202E', 'an override'],
  ['a\u0301\u0301\u0301\u0301\u0301\u0301', 'a tower of accents'],
  ['\u0301', 'an accent on nothing'],
  ['\uD83D', 'half a character'],
])('%j is no name: %s', (text) => {
  const result = parseNickname(text)
  expect(!result.ok && result.error).toBeInstanceOf(MalformedError)
})

test('a name is kept in normal form C', () => {
  expect(parseNickname('Jose\u0301')).toEqual({ ok: true, value: 'Jos\u00E9' })
})

test('any text is a name that is safe to show, or a typed error', () => {
  assert(property(string({ unit: 'binary', maxLength: 30 }), takesAnything), { numRuns: 2000 })
})

test(
  '10^6 broken names: nothing is thrown',
  () => {
    const seeds = ['Ada', "O'Neill-é", 'Ольга.李雷'].map((name) => Buffer.from(name))
    expect(
      feedMutated(seeds, 1e6, (bytes) => takesAnything(Buffer.from(bytes).toString())),
    ).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

test.each([
  ['Ada', 'ADA'],
  ['Jos\u00E9', 'jose'],
  ['paypal', 'раураӏ'],
  ['Ian', 'lan'],
  ['b0b', 'bob'],
  ['ｆｕｌｌ', 'full'],
  ['straße', 'STRASSE'],
  ['1van', 'Ivan'],
  ['anna', 'ɑnnɑ'],
  ['anna', 'annᴀ'],
  ['anna', 'annꭺ'],
  ['anna', 'anոa'],
  ['anna', 'ΑΝΝΑ'],
  ['Вета', 'Beta'],
  ['nick', 'ɴɪᴄᴋ'],
  ['\u{1D41A}nna', 'anna'],
])('%s cannot be told from %s', (one, other) => {
  expect(areAlike(one, other)).toBe(true)
  expect(areAlike(other, one)).toBe(true)
})

test.each([
  ['ada', 'adam'],
  ['कि', 'का'],
  ['李', '雷'],
  ['a.b', 'a-b'],
  ['hick', 'nick'],
  ['vera', 'nera'],
])('%s and %s are two people', (one, other) => {
  expect(areAlike(one, other)).toBe(false)
})

test('no character that shows nothing is accepted anywhere in a name', () => {
  const accepted = codePoints(/^\p{Default_Ignorable_Code_Point}$/u).filter(
    (invisible) => parseNickname(`an${invisible}na`).ok || parseNickname(`anna${invisible}`).ok,
  )
  expect(accepted).toEqual([])
})

test('every character of a name has a key, and is its own double in another case', () => {
  for (const character of codePoints(/^[[\p{L}\p{N}]--\p{Script=Han}--\p{Script=Hangul}]$/v)) {
    if (!parseNickname(character).ok) continue
    expect(nicknameKeys(character).has(''), character).toBe(false)
    expect(areAlike(character, character.toUpperCase()), character).toBe(true)
  }
})

function areAlike(one: string, other: string): boolean {
  return !nicknameKeys(one).isDisjointFrom(nicknameKeys(other))
}

function codePoints(pattern: RegExp): string[] {
  const characters: string[] = []
  for (let code = 0; code <= 0x10_ff_ff; code += 1) {
    const character = String.fromCodePoint(code)
    if (pattern.test(character)) characters.push(character)
  }
  return characters
}

function takesAnything(text: string): void {
  const result = parseNickname(text)
  if (!result.ok) {
    if (!(result.error instanceof MalformedError)) throw result.error
    return
  }
  if (safeText(result.value) !== result.value) throw new Error('an unsafe name')
  if (nicknameKeys(result.value).has('')) throw new Error('a name without a key')
}
