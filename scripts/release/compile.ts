import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import { root } from '../source-tree.ts'

interface Compilation {
  /** Globs of sources, relative to the checkout. */
  sources: readonly string[]
  /** Folder that gets the same tree in JavaScript. */
  out: string
  /** Whether type declarations, with their comments, are written beside. */
  types: boolean
}

/** What only tests use. */
const TESTS = [
  '**/*.test.ts',
  '**/*.fuzz.ts',
  '**/*.testing.ts',
  '**/testing',
  '**/fixtures',
  '**/example',
]

const absolute = (globs: readonly string[]): string[] => globs.map((glob) => join(root, glob))

/** A compiler that found errors: what it printed names them. */
class CompilationError extends Error {
  constructor(output: string) {
    super(`tsc: ${output}`)
    this.name = 'CompilationError'
  }
}

/**
 * Compiles TypeScript to the same tree of JavaScript, file by file: worker threads and programs name files, which a
 * bundle would not have.
 *
 * @throws {CompilationError}
 */
export function compile({ sources, out, types }: Compilation): void {
  mkdirSync(out, { recursive: true })
  const project = join(out, 'tsconfig.json')
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        allowImportingTsExtensions: false,
        rewriteRelativeImportExtensions: true,
        declaration: types,
        removeComments: !types,
        rootDir: root,
        outDir: out,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: absolute(sources),
      exclude: absolute(TESTS),
    }),
  )
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { status, stdout, stderr } = spawnSync(tsc, ['-p', project], { encoding: 'utf8' })
  rmSync(project)
  if (status !== 0) throw new CompilationError(stdout + stderr)
}

/** Rewrites every compiled file below a folder in place; `rewrite` gets its text and its path below the folder. */
export function rewriteFiles(
  folder: string,
  rewrite: (text: string, path: string) => string,
): void {
  for (const path of globSync('**/*.{js,d.ts}', { cwd: folder })) {
    const file = join(folder, path)
    writeFileSync(file, rewrite(readFileSync(file, 'utf8'), path))
  }
}

/**
 * Names the compiled file wherever a literal names its source: modules of worker threads, programs, and the imports
 * of type declarations, which the compiler leaves as they are.
 */
export function nameCompiledFiles(text: string): string {
  return text.replaceAll(/(['"`][\w./${}-]*)\.ts(?=['"`])/g, '$1.js')
}

/**
 * Replaces the imports of workspace packages by relative ones, for a package that holds them all.
 *
 * @param path of the file, from the top of the package
 * @param resolve path of what `@sockyard/NAME/TOPIC` exports, from the top of the package
 */
export function importRelatively(
  text: string,
  path: string,
  resolve: (specifier: string) => string,
): string {
  return text.replaceAll(
    /(\bfrom |\bimport\(|\bimport )'(@sockyard\/[\w/-]+)'/g,
    (_, keyword: string, specifier: string) => {
      const to = relative(dirname(path), resolve(specifier))
      return `${keyword}'${to.startsWith('.') ? to : `./${to}`}'`
    },
  )
}
