import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../', import.meta.url))
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('the example of the README runs', () => {
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const args = ['--input-type=module-typescript', '-e', example]
  const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 30_000 })
  expect(ran).toMatchObject({ status: 0, stdout: 'one 64 0\ntwo 64 0\nthree 64 0\n' })
})

it('every export that the README names exists', () => {
  const { exports } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as {
    exports: Record<string, string>
  }
  const all = Object.values(exports).map((file) =>
    readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'),
  )
  const rows = readme.split('\n').filter((line) => line.startsWith('|'))
  const named = rows.flatMap((row) => (row.split('|')[2] ?? '').match(/(?<=`)\w+(?=`)/g) ?? [])
  const missing = named.filter(
    (name) => !all.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  )
  expect(missing).toEqual([])
})
