import { UsageError } from '@sockyard/cli/errors'
import { findSocketOption } from '@sockyard/posix/options'
import { expect, test } from 'vitest'

import { optionValue } from './option-value.ts'

test('a flag is on or off, and no name that every object has', () => {
  const keepAlive = findSocketOption('SO_KEEPALIVE')
  expect(optionValue(keepAlive, 'ON')).toBe(true)
  for (const text of ['constructor', 'toString', '__proto__'])
    expect(() => optionValue(keepAlive, text)).toThrow(UsageError)
})

test('a whole number is decimal or hexadecimal, of either sign', () => {
  const buffer = findSocketOption('SO_RCVBUF')
  expect(['-12', '0x10', '-0x10'].map((text) => optionValue(buffer, text))).toEqual([-12, 16, -16])
  for (const text of ['', '-', '0x', '1e3', '--1'])
    expect(() => optionValue(buffer, text)).toThrow(UsageError)
})
