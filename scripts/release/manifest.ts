import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from '../source-tree.ts'

/** What we read of a package.json. */
export interface Manifest {
  name: string
  /** At the top alone: of everything that is published. */
  version?: string
  description?: string
  exports?: Record<string, string>
  dependencies?: Record<string, string>
}

/** Native calls: without it everything works on the sockets of Node (`--engine node`). */
const OPTIONAL = new Set(['koffi', '@nats-io/jetstream', '@nats-io/kv', '@nats-io/transport-node'])
/** What the compiled code needs: execve, and the socket options of Node 26. */
const ENGINES = { node: '>=26' }

/** @param folder of a workspace package, relative to the checkout */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
}

/** The version ranges of pnpm-workspace.yaml, by package. */
function catalogRanges(): Map<string, string> {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const catalog = /^catalog:\n((?: {2}.*\n)+)/m.exec(workspace)?.[1] ?? ''
  const entries = catalog.matchAll(/^ {2}'?([^':]+)'?: (\S+)$/gm)
  return new Map([...entries].map(([, name = '', range = '']) => [name, range]))
}

/** `dependencies` and `optionalDependencies` as npm knows them: no `catalog:` and no `workspace:`. */
export function publishedDependencies(names: readonly string[], version: string): object {
  const ranges = catalogRanges()
  const range = (name: string): string =>
    name.startsWith('@sockyard/') ? version : (ranges.get(name) ?? missingRange(name))
  const entries = (wanted: boolean): object =>
    Object.fromEntries(
      [...new Set(names)]
        .toSorted()
        .filter((name) => OPTIONAL.has(name) === wanted)
        .map((name) => [name, range(name)]),
    )
  return { dependencies: entries(false), optionalDependencies: entries(true) }
}

function missingRange(name: string): never {
  throw new Error(`${name} has no version in the catalog of pnpm-workspace.yaml`)
}

/** What all published packages have in common. */
export function publishedManifest({ name, description }: Manifest, version: string): object {
  return { name, version, description, license: 'MIT', type: 'module', engines: ENGINES }
}

/** @returns the paths that exist, of those a package may have */
export function existing(folder: string, paths: readonly string[]): string[] {
  return paths.filter((path) => existsSync(join(root, folder, path)))
}
