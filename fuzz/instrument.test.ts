import { expect, test } from 'vitest'

import { COUNTERS, instrument } from './instrument.ts'

/** Runs `source`, which is the body of a function of `input`; gives what it returns, and the counters after it. */
function run(source: string, input: unknown) {
  const { code, branches } = instrument(`const f = (input) => {${source}}\nf`, 'test.js', 0)
  const counters = new Uint8Array(branches)
  Object.assign(globalThis, { [COUNTERS]: counters })
  // oxlint-disable-next-line no-eval -- what is tested is code
  const result: unknown = (0, eval)(code)(input)
  return { result, counters: [...counters] }
}

const count = ({ counters }: { counters: number[] }): number =>
  counters.filter((each) => each > 0).length

test.each([
  ['if (input) return 1\nreturn 2', 1, 2],
  ['if (input) return 1\nelse if (input === 0) return 2\nelse return 3', 1, 2],
  ['return input ? "yes" : "no"', 'yes', 'no'],
  ['return input && [1]', [1], 0],
  ['return input || { a: 1 }', true, { a: 1 }],
  ['return (input ? undefined : 5) ?? 7', 7, 5],
  ['switch (input) {case true: return 1\ncase 0:\ndefault: return 2}', 1, 2],
  ['let sum = 0\nfor (let i = 0; i < 3; i++) if (input) sum += i\nreturn sum', 3, 0],
  ['try {if (input) throw 4; return 1} catch (error) {return error}', 4, 1],
  [
    'const g = (a, b = a || 2) => ({ a, b })\nreturn g(input)',
    { a: true, b: true },
    { a: 0, b: 2 },
  ],
  ['class A {get b() {return input}}\nreturn new A().b', true, 0],
  ['const {length = input || 9} = {}\nreturn length', true, 9],
  ['let n = input ? 2 : 0\ndo n--\nwhile (n > 0)\nreturn n', 0, -1],
])(
  '%s computes the same as without counters, and each way is another branch',
  (source, yes, no) => {
    const [one, other] = [run(source, true), run(source, 0)]
    expect([one.result, other.result]).toEqual([yes, no])
    expect(count(one)).toBeGreaterThan(0)
  },
)

test('two ways through a condition are two branches', () => {
  const source = 'if (input) return 1\nreturn 2'
  expect(run(source, true).counters).not.toEqual(run(source, false).counters)
})

test('lines stay where they were, so that a stack names the line of the source', () => {
  const source = 'const a = 1\n\nfunction b() {\n  return a\n}\n'
  const { code } = instrument(source, 'test.js', 0)
  expect(code.split('\n').findIndex((line) => line.includes('return a'))).toBe(3)
})

test('the strings and numbers that code compares with are known', () => {
  const { literals } = instrument(
    "import 'x'\nexport const f = (a) => a === 'SYE' || a > 48",
    'x.js',
    0,
  )
  expect(literals).toEqual(new Set(['SYE', 48]))
})
