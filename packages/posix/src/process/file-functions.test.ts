import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { lockFile } from './file-functions.ts'

it('one holder at a time, until its descriptor is closed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'))
  const [first, second] = [0, 1].map(() => openSync(join(folder, 'file'), 'a')) as [number, number]
  expect([lockFile(first), lockFile(second)]).toEqual([true, false])
  closeSync(first)
  expect(lockFile(second)).toBe(true)
  closeSync(second)
  expect(() => lockFile(second)).toThrow('flock: EBADF')
  rmSync(folder, { recursive: true })
})
