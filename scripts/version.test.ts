// How CHANGELOG.md and the version are written: by pnpm, in a copy of what it reads.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { filesMatching, root } from './source-tree.ts'

const manifests = filesMatching(
  '{package.json,{bench,fuzz,scripts,tests,apps/*,packages/*}/package.json}',
)
const copy = mkdtempSync(join(tmpdir(), 'sockyard-version-'))
afterAll(() => rmSync(copy, { recursive: true }))

const pnpm = (...args: string[]): string =>
  execFileSync(join(root, 'node_modules/.bin/pnpm'), args, { cwd: copy, encoding: 'utf8' })
const manifestIn = (folder: string, path = 'package.json'): { version?: string } =>
  JSON.parse(readFileSync(join(folder, path), 'utf8'))

test('the version stands at the top alone', () => {
  expect(manifests.length).toBeGreaterThan(20)
  expect(manifests.filter((path) => manifestIn(root, path).version !== undefined)).toEqual([
    'package.json',
  ])
})

test('pnpm change records, pnpm version -r writes the changelog and the version', () => {
  for (const path of [...manifests, 'pnpm-workspace.yaml', 'CHANGELOG.md'])
    cpSync(join(root, path), join(copy, path))
  pnpm('change', 'sockyard', '--bump', 'major', '--summary', 'chat: lines are sung.')
  pnpm('version', '-r', '--no-git-checks')
  const [major = 0] = manifestIn(root).version?.split('.').map(Number) ?? []
  expect(manifestIn(copy).version).toBe(`${major + 1}.0.0`)
  const before = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').replace('# Changelog\n', '')
  const section = `## ${major + 1}.0.0\n\n### Major Changes\n\n- chat: lines are sung.\n`
  expect(readFileSync(join(copy, 'CHANGELOG.md'), 'utf8')).toBe(
    `# Changelog\n\n${section}${before}`,
  )
})
