import { array, assert, constantFrom, property, string } from 'fast-check'
import { expect, test } from 'vitest'

import { WholeLines } from './pipe.ts'

test('lines are passed on whole, and nothing is lost wherever the input is cut', () => {
  assert(
    property(array(string({ unit: constantFrom('a', 'ü', '\n') })), (texts) => {
      const lines = new WholeLines()
      const passed = texts.map((text) => Buffer.from(lines.push(Buffer.from(text))).toString())
      for (const piece of passed) expect(piece === '' || piece.endsWith('\n')).toBe(true)
      expect(passed.join('') + Buffer.from(lines.end()).toString()).toBe(texts.join(''))
    }),
  )
})

test('a line without end is not kept without bound', () => {
  const lines = new WholeLines()
  expect(lines.push(Buffer.alloc(65 * 1024, 'x'))).toHaveLength(65 * 1024)
})
