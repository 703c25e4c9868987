import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseSync, type ParseResult, Visitor } from 'oxc-parser'

/** The directory of the repository. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)))

/** Files of the repository by glob patterns, as paths from `root`; nothing that is installed or generated. */
export function filesMatching(...patterns: readonly string[]): string[] {
  const exclude = ['**/node_modules/**', '**/.turbo/**', '**/coverage/**', 'dist/**']
  return globSync(patterns, { cwd: root, exclude }).toSorted()
}

const parsed = new Map<string, ParseResult>()

/** Imports, exports and comments of a source file; parsed once. */
export function parseSource(path: string): ParseResult {
  const known = parsed.get(path)
  if (known !== undefined) return known
  const result = parseSync(path, readFileSync(join(root, path), 'utf8'))
  parsed.set(path, result)
  return result
}

/** The strings in a source file, and the parts of its templates; undefined when it is not there. */
export function stringsOf(path: string): string[] | undefined {
  if (existing(path) === undefined) return undefined
  const found: string[] = []
  new Visitor({
    Literal: ({ value }) => void (typeof value === 'string' && found.push(value)),
    TemplateElement: ({ value }) => void found.push(value.cooked ?? ''),
  }).visit(parseSource(path).program)
  return found
}

export interface Manifest {
  name: string
  exports?: Record<string, string>
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
}

/**
 * The file that an import names, as a path from `root`.
 *
 * @returns undefined for what is not ours: Node's own modules and installed packages
 */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.'))
    return existing(relative(root, resolve(root, dirname(from), specifier)))
  const [, name, subpath = ''] = /^@sockyard\/([^/]+)\/?(.*)$/.exec(specifier) ?? []
  if (name === undefined) return undefined
  const folder = join('packages', name)
  const target = readManifest(folder).exports?.[subpath === '' ? '.' : `./${subpath}`]
  return target === undefined ? undefined : existing(join(folder, target))
}

function existing(path: string): string | undefined {
  return existsSync(join(root, path)) ? path : undefined
}

/** Prints what was found wrong and sets the exit code; says what was checked when nothing was. */
export function finish(problems: readonly string[], whenFine: string): void {
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log(whenFine)
}
