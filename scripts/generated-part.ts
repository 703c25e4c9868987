import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

import { root } from './source-tree.ts'

/** A document with a part that is written by a script, as it is and as it should be. */
export interface GeneratedDocument {
  path: string
  is: string
  should: string
}

/**
 * Reads a document, and puts a part between its markers: `<!-- NAME: written by scripts/… -->` and `<!-- /NAME -->`.
 *
 * @param path from the root of the repository
 * @throws {Error} when the document has no such markers
 */
export function withGeneratedPart(
  path: string,
  { name, script, part }: { name: string; script: string; part: string },
): GeneratedDocument {
  const begin = `<!-- ${name}: written by scripts/${script} -->`
  const end = `<!-- /${name} -->`
  const is = readFileSync(`${root}/${path}`, 'utf8')
  const [before, rest] = is.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${path} lacks ${begin} … ${end}`)
  return { path, is, should: `${before}${begin}\n\n${part}\n\n${end}${after}` }
}

/** Writes the documents that are not current; with --check it says which, and sets the exit code. */
export function writeOrCheck(documents: readonly GeneratedDocument[]): void {
  for (const { path, should } of documents.filter(({ is, should: wanted }) => is !== wanted)) {
    if (process.argv.includes('--check')) {
      const script = relative(root, process.argv[1] ?? '')
      process.stderr.write(`${path}: a table is not current (node ${script})\n`)
      process.exitCode = 1
    } else writeFileSync(`${root}/${path}`, should)
  }
}
