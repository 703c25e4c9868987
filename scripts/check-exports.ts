/**
 * Fails unless the `exports` of every package are its index files: what is exported is what a folder's `index.ts`
 * lists, and knip, whose entries are the exports, finds unused code.
 *
 *     node scripts/check-exports.ts
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { filesMatching, finish, readManifest, root } from './source-tree.ts'

/** Exports that are no index file, because a program imports the one file alone. */
const SINGLE_FILES = new Set([
  'packages/net/testing/kit.ts',
  'packages/protocol/src/parsed.ts',
  // Decides about the compile cache before anything else is loaded.
  'packages/service/src/lifecycle/launch.ts',
])

const folders = filesMatching('packages/*/package.json').map((path) => dirname(path))
const problems = folders.flatMap(problemsOf)
finish(problems, `exports of ${folders.length} packages: the index files, and nothing else`)

function problemsOf(folder: string): string[] {
  const targets = Object.values(readManifest(folder).exports ?? {}).map((to) => join(folder, to))
  const indexes = filesMatching(`${folder}/src/**/index.ts`)
  const isFine = (to: string): boolean => indexes.includes(to) || SINGLE_FILES.has(to)
  return [
    ...indexes.filter((path) => !targets.includes(path)).map((path) => `${path}: not in exports`),
    ...targets
      .filter((to) => !existsSync(join(root, to)) || !isFine(to))
      .map((to) => `${folder}/package.json: exports ${to}, which is no index.ts`),
  ]
}
