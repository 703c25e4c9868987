import { expect, test } from 'vitest'

import { runTarget } from './run-target.ts'

const settings = {
  file: 'fuzz/fixtures/planted.ts',
  isInstrumented: true,
  corpus: [],
  seed: 1,
  millis: 60_000,
  maximumInputs: 1_000_000,
}

test('a fault behind four bytes is found by the branches that lead to it', async () => {
  const { finding, inputs } = await runTarget({ ...settings, name: 'hidden' })
  expect(finding).toMatchObject({ kind: 'failed', reason: expect.stringContaining('planted') })
  expect(Buffer.from(finding?.input ?? []).toString('latin1')).toMatch(/^SYE!/)
  // Blind, it would be one input in 2^32.
  expect(inputs).toBeLessThan(1_000_000)
})

test('a target that rejects fails like one that throws', async () => {
  const { finding } = await runTarget({ ...settings, name: 'rejects' })
  expect(finding).toMatchObject({ kind: 'failed', reason: expect.stringContaining('rejected') })
})

test('an input that takes the square of its length is slow', async () => {
  const { finding } = await runTarget({ ...settings, name: 'quadratic' })
  expect(finding).toMatchObject({ kind: 'slow', reason: expect.stringMatching(/B take \d+ ms/) })
})

test('an input that never ends is told with its bytes', async () => {
  const { finding } = await runTarget({ ...settings, name: 'loops' }, { hangMillis: 2000 })
  expect(finding).toMatchObject({ kind: 'hangs', input: Uint8Array.from(Buffer.from('S')) })
})

test('the same seed gives the same run', async () => {
  const short = { ...settings, name: 'hidden', maximumInputs: 3000 }
  const [one, other] = [await runTarget(short), await runTarget(short)]
  expect(one.corpus).toEqual(other.corpus)
  expect(one.finding).toEqual(other.finding)
})

test('a target that cannot be loaded is an error, not a finding', async () => {
  await expect(runTarget({ ...settings, name: 'none' })).rejects.toThrow('no target none')
})
