import { expect, it } from 'vitest'

import { UsageError } from './errors.ts'
import { interfaceChoice } from './interface-choice.ts'

it('is what was asked for, by name or address, or what is usual', () => {
  expect(interfaceChoice([], 'all')).toBe('all')
  expect(interfaceChoice(['any'], 'all')).toBe('any')
  expect(interfaceChoice(['127.0.0.1'], 'any')).toEqual(['lo'])
  expect(interfaceChoice(['lo', '127.0.0.1'], 'any')).toEqual(['lo'])
})

it('is refused for an interface that does not exist', () => {
  expect(() => interfaceChoice(['nosuch0'], 'any')).toThrow(UsageError)
  expect(() => interfaceChoice(['lo', 'all'], 'any')).toThrow(UsageError)
})
