import { expect, it } from 'vitest'

import { chooseEngine } from './choose-engine.ts'

it('auto is the native engine, where it runs', () => {
  expect(chooseEngine('auto')).toEqual({ engine: 'native', why: 'the faster one' })
})

it('the requested engine is used', () => {
  expect(chooseEngine('node')).toEqual({ engine: 'node', why: 'asked for' })
  expect(chooseEngine('native')).toEqual({ engine: 'native', why: 'asked for' })
})
