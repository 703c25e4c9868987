import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { root } from '../source-tree.ts'
import { compile, importRelatively, nameCompiledFiles, rewriteFiles } from './compile.ts'
import {
  existing,
  type Manifest,
  publishedDependencies,
  publishedManifest,
  readManifest,
} from './manifest.ts'
import { writeSharedFiles } from './shared-files.ts'
import type { Sources } from './sources.ts'

/** The packages that others build on, published on their own, with what they need. */
const LIBRARIES = ['posix', 'protocol', 'net', 'sctp']
/** What `import … from 'sockyard'` gives, with types: the list of services. */
const LIST = 'packages/catalog'
/** Files that the programs read, in their places. */
const ASSETS = ['apps/inetd/inetd.conf', 'apps/inetd/yard-app', 'apps/console/page/**']

const compiled = (path: string): string => path.replace(/\.ts$/, '.js')

/**
 * Writes every package that is published into folders below `out`, compiled and ready for `npm pack`.
 *
 * @returns the folders, the command `sockyard` first
 */
export async function writePackages(out: string, sources: Sources): Promise<string[]> {
  return [await writeCommand(join(out, 'sockyard'), sources), ...writeLibraries(out, sources)]
}

/** The package `sockyard`: all apps and packages in one tree, as in the checkout. */
async function writeCommand(folder: string, { version, date }: Sources): Promise<string> {
  const sources = ['apps/*/src/**/*.ts', 'packages/*/src/**/*.ts', 'scripts/release/command.ts']
  const withoutTestkit = sources.flatMap((glob) =>
    glob.startsWith('packages/') ? globSync('packages/*/src', { cwd: root }) : [glob],
  )
  compile({
    sources: withoutTestkit.filter((path) => !path.includes('testkit')),
    out: folder,
    types: false,
  })
  compile({ sources: [`${LIST}/src`], out: folder, types: true })
  const resolve = exportedFiles()
  rewriteFiles(folder, (text, path) => nameCompiledFiles(importRelatively(text, path, resolve)))
  for (const path of globSync(ASSETS, { cwd: root })) copy(path, folder)
  const program = join(folder, 'apps/inetd/yard-app')
  writeFileSync(program, readFileSync(program, 'utf8').replace('main.ts', 'main.js'), {
    mode: 0o755,
  })
  const members = globSync(['apps/*', 'packages/*', 'scripts'], { cwd: root })
    .filter((path) => !path.includes('testkit'))
    .map(readManifest)
  writeManifest(folder, {
    ...publishedManifest(readManifest('.'), version),
    exports: exportsOf(readManifest(LIST), LIST),
    bin: { sockyard: './scripts/release/command.js' },
    man: await writeSharedFiles(folder, date),
    ...publishedDependencies(neededBy(members), version),
  })
  copyDocuments('.', folder)
  return folder
}

/** Libraries keep their tree and their type declarations, and import each other by name. */
function writeLibraries(out: string, { version }: Sources): string[] {
  const build = join(out, '.libraries')
  compile({ sources: LIBRARIES.map((name) => `packages/${name}/src`), out: build, types: true })
  rewriteFiles(build, nameCompiledFiles)
  const folders = LIBRARIES.map((name) => {
    const source = `packages/${name}`
    const folder = join(out, name)
    cpSync(join(build, source), folder, { recursive: true })
    const manifest = readManifest(source)
    writeManifest(folder, {
      ...publishedManifest(manifest, version),
      exports: exportsOf(manifest, '.'),
      ...publishedDependencies(Object.keys(manifest.dependencies ?? {}), version),
    })
    copyDocuments(source, folder)
    return folder
  })
  rmSync(build, { recursive: true })
  return folders
}

/**
 * Without what only tests import.
 *
 * @param folder of the compiled package, from the top of what is published
 */
function exportsOf({ exports = {} }: Manifest, folder: string): object {
  const entries = Object.entries(exports).filter(([, path]) => path.startsWith('./src/'))
  return Object.fromEntries(
    entries.map(([name, path]) => {
      const file = `./${join(folder, path)}`
      return [name, { types: file.replace(/\.ts$/, '.d.ts'), default: compiled(file) }]
    }),
  )
}

/** Where `@sockyard/NAME/TOPIC` is in the tree of the command. */
function exportedFiles(): (specifier: string) => string {
  const files = new Map(
    globSync('packages/*', { cwd: root }).flatMap((folder) => {
      const { name, exports = {} } = readManifest(folder)
      return Object.entries(exports).map(([topic, path]): [string, string] => [
        join(name, topic),
        join(folder, compiled(path)),
      ])
    }),
  )
  return (specifier) => {
    const file = files.get(specifier)
    if (file === undefined) throw new Error(`${specifier} is exported by no package`)
    return file
  }
}

function neededBy(manifests: readonly Manifest[]): string[] {
  const names = manifests.flatMap(({ dependencies = {} }) => Object.keys(dependencies))
  return names.filter((name) => !name.startsWith('@sockyard/'))
}

function writeManifest(folder: string, manifest: object): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

function copyDocuments(source: string, folder: string): void {
  for (const path of existing(source, ['README.md', 'CHANGELOG.md', 'examples']))
    cpSync(join(root, source, path), join(folder, path), { recursive: true, filter: isNoTest })
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

const isNoTest = (path: string): boolean => !path.endsWith('.test.ts')

function copy(path: string, folder: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  cpSync(join(root, path), join(folder, path), { recursive: true })
}
