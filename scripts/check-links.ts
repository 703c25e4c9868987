/**
 * Fails for dead links: files and headings that documents link to, files that documents and comments name, and tests
 * that the threat model names.
 *
 *     node scripts/check-links.ts
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'

import { wrongTests } from './named-tests.ts'
import { filesMatching, finish, parseSource, root, stringsOf } from './source-tree.ts'

/** A path of this repository as text has it, such as `docs/classic-programs.md`. */
const PATH = /(?<![\w./@>}-])(?:apps|bench|docs|fuzz|packages|scripts|tests)\/[\w.*/-]*[\w*]/g
/** The name of a document or a source file, such as `README.md`. */
const FILE = /(?<![\w@/*>}-])(?:\.{0,2}\/)?(?:[\w-]+\/)*[\w][\w.-]*\.(?:md|ts|mjs)\b/g

/** Named although they are not there: what a reader or a program makes, and examples. */
const MADE: ReadonlySet<string> = new Set([
  'bench/results',
  'bench/results/benchmarks.md',
  'bench/results/soak.md',
  'fuzz/node_modules/.cache/corpus',
  './app.ts',
])
const MADE_UNDER = ['apps/discard', 'apps/length', 'fuzz/node_modules']
const THREATS = 'docs/threat-model.md'
const sources = filesMatching('{apps,bench,fuzz,packages,scripts,tests}/**/*.{ts,mjs}', '*.ts')
const documents = filesMatching('**/*.md')
const configurations = filesMatching('*.{yml,yaml}', 'Dockerfile', 'apps/**/*.{yml,yaml}')
const fileNames = new Set([...sources, ...documents].map((path) => basename(path)))

const problems = [
  ...documents.flatMap((path) => [...deadLinks(path), ...missingPaths(path, read(path))]),
  ...sources.flatMap((path) => missingFiles(path, comments(path))),
  ...configurations.flatMap((path) => missingFiles(path, hashComments(read(path)))),
  ...wrongTests(THREATS, read(THREATS), (path) => stringsOf(path), fuzzTargets()),
]
finish(
  problems,
  `${documents.length} documents, comments of ${sources.length} sources: no dead link`,
)

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** What the fuzz targets are called. */
function fuzzTargets(): Set<string> {
  const found = sources
    .filter((path) => path.endsWith('.fuzz.ts'))
    .flatMap((path) => read(path).match(/\bname: '[\w-]+',\s+seeds/g) ?? [])
  return new Set(found.map((text) => text.split("'")[1] ?? ''))
}

function comments(path: string): string {
  return parseSource(path)
    .comments.map(({ value }) => value)
    .join('\n')
}

function hashComments(text: string): string {
  return (text.match(/#.*$/gm) ?? []).join('\n')
}

/** Markdown links `[text](target)` to files and headings that are not there. */
function deadLinks(path: string): string[] {
  const text = withoutCode(read(path))
  return [...text.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return []
    const [file = '', heading] = decodeURI(target).split('#')
    const to = file === '' ? path : normalize(join(dirname(path), file))
    if (!existsSync(join(root, to))) return [`${path}: link to ${target}: no such file`]
    if (heading === undefined || !to.endsWith('.md')) return []
    return headings(read(to)).has(heading) ? [] : [`${path}: link to ${target}: no such heading`]
  })
}

/** The anchors of a document's headings, as GitHub makes them. */
function headings(text: string): Set<string> {
  const found = new Set<string>()
  for (const [, title = ''] of withoutCode(text).matchAll(/^#+\s+(.*)$/gm)) {
    const anchor = title
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-')
    for (let count = 0; ; count += 1) {
      const each = count === 0 ? anchor : `${anchor}-${count}`
      if (found.has(each)) continue
      found.add(each)
      break
    }
  }
  return found
}

function withoutCode(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
}

function missingPaths(path: string, text: string): string[] {
  const named = [...text.matchAll(PATH)].map(([found]) => found)
  return named
    .filter((each) => !isThere(path, each))
    .map((each) => `${path}: ${each}: no such file`)
}

/** Files that comments name by path or by name; one that only exists somewhere else counts as there. */
function missingFiles(path: string, text: string): string[] {
  const named = [...text.matchAll(FILE)].map(([found]) => found)
  const missing = named.filter((each) => !isThere(path, each) && !fileNames.has(each))
  return [...missingPaths(path, text), ...missing.map((each) => `${path}: ${each}: no such file`)]
}

/** From the root, from the file that names it, or from its package; patterns (`*`, `APP`) are not looked for. */
function isThere(from: string, named: string): boolean {
  if (
    /\*|\/[A-Z]+\//.test(named) ||
    MADE.has(named) ||
    MADE_UNDER.some((folder) => named.startsWith(folder))
  )
    return true
  const [group = '', name = ''] = from.split('/')
  return ['.', dirname(from), join(group, name)].some((base) => existsSync(join(root, base, named)))
}
