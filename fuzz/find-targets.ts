import { globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

export const ROOT: string = dirname(import.meta.dirname)

/** Files of targets, beside the parsers that they are for, from the root of the repository. */
export function targetFiles(): string[] {
  return globSync(['packages/*/src/**/*.fuzz.ts', 'apps/*/src/**/*.fuzz.ts'], { cwd: ROOT })
    .filter((path) => !path.includes('node_modules'))
    .toSorted()
}

/**
 * Loads the targets of a file.
 *
 * @throws {TypeError} when it exports no `targets`
 */
export async function loadTargets(file: string): Promise<readonly FuzzTarget[]> {
  const module = (await import(pathToFileURL(join(ROOT, file)).href)) as {
    targets?: readonly FuzzTarget[]
  }
  if (module.targets === undefined) throw new TypeError(`${basename(file)} exports no targets`)
  return module.targets
}
