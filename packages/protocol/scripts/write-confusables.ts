// Writes src/chat/confusables.ts from Unicode's confusables.txt (UTS #39): node scripts/write-confusables.ts FILE,
// where FILE is https://www.unicode.org/Public/17.0.0/security/confusables.txt, or that of a newer version of Unicode.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('the path of confusables.txt is missing')
const source = readFileSync(file, 'utf8')
const [, version = ''] = /^# Version: (\S+)/m.exec(source) ?? []

/** What can stand in a name, in compatibility normal form. */
const IN_NAMES = /^[\p{L}\p{N}\p{M}_]$/u

/** By prototype, what is confused with it. */
const confusables = new Map<string, string[]>()
for (const [, from = '', to = ''] of source.matchAll(/^([0-9A-F]+) ;\t([0-9A-F ]+) ;\tMA/gm)) {
  const character = text(from)
  const prototype = text(to)
  // What normalization changes never comes to be looked up.
  if (character.normalize('NFKD') !== character || !IN_NAMES.test(character)) continue
  confusables.set(prototype, [...(confusables.get(prototype) ?? []), character])
}

function text(codePoints: string): string {
  return String.fromCodePoint(...codePoints.split(' ').map((each) => Number.parseInt(each, 16)))
}

/** Marks and the like cannot be read in an editor. */
function escaped(characters: string): string {
  return characters.replaceAll(/[^\p{L}\p{N}]/gu, (each) => {
    const code = each.codePointAt(0) ?? 0
    return `\\u{${code.toString(16)}}`
  })
}

const groups = [...confusables].map(
  ([prototype, characters]) => `${escaped(prototype)} ${characters.map(escaped).join('')}`,
)
const output = `// Written by scripts/write-confusables.ts from the data of Unicode ${version}, confusables.txt (UTS #39):
// Copyright 1991-2025 Unicode, Inc., https://www.unicode.org/license.txt

/** Each line is a prototype, a space, and all the characters that are confused with it. */
export const CONFUSABLES = \`${groups.join('\n')}\`
`
writeFileSync(fileURLToPath(new URL('../src/chat/confusables.ts', import.meta.url)), output)
