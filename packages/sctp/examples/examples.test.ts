import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

test.each([
  ['one-to-many.ts', 'hello\n'],
  ['one-to-one.ts', 'stream 3 sequence 0 hello\n'],
])('%s does what the README says', async (name, output) => {
  const { stdout } = await promisify(execFile)(process.execPath, [pathOf(name)])
  expect(stdout).toBe(output)
  const code = readFileSync(pathOf(name), 'utf8').replace(/^\/\*\*.*\*\/\n/, '')
  expect(readFileSync(pathOf('../README.md'), 'utf8')).toContain(code)
})
