import { readFileSync } from 'node:fs'

import { type CLibrary, cLibrary, configureNameServiceSwitch } from '@sockyard/posix/netdb'

export type Database = 'hosts' | 'services' | 'protocols'

/** The sources that libc queries for one database. */
export interface Sources {
  database: Database
  /** `files dns`, as nsswitch.conf(5) has it. */
  order: string
  /** Where the order comes from. */
  from: string
}

const SWITCH_FILE = '/etc/nsswitch.conf'
/** What glibc does without a line in nsswitch.conf. */
const GLIBC_PRESET = { hosts: 'dns files', services: 'files', protocols: 'files' } as const
/** musl has no switch. */
const MUSL_SOURCES = { hosts: 'files dns', services: 'files', protocols: 'built in' } as const

/** The line of one database, without its comment (nsswitch.conf(5)); undefined when there is none. */
export function sourcesIn(text: string, database: Database): string | undefined {
  for (const line of text.split('\n')) {
    const [, name, words = ''] = /^\s*(\w+)\s*:([^#]*)/.exec(line) ?? []
    if (name === database) return words.trim().replaceAll(/\s+/g, ' ')
  }
  return undefined
}

/** The sources alone: `files [NOTFOUND=return] dns` are `files` and `dns`. */
export function sourceNames(sources: string): string[] {
  return sources
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .split(' ')
    .filter((word) => word !== '')
}

/** The sources that this machine's libc queries. */
export function sourcesOf(database: Database, library: CLibrary = cLibrary()): Sources {
  if (library.name === 'musl')
    return { database, order: MUSL_SOURCES[database], from: "musl's own order" }
  const written = sourcesIn(readIfThere(SWITCH_FILE), database)
  return written === undefined
    ? { database, order: GLIBC_PRESET[database], from: "glibc's default" }
    : { database, order: written, from: SWITCH_FILE }
}

/**
 * Which source the answer came from: each but the last is asked once more, alone, until one gives the same. Every
 * later question of this process goes to one source only.
 *
 * @param isSame asks again
 * @returns null where libc cannot be restricted to a source
 */
export async function answeredBy(
  { database, order }: Sources,
  isSame: () => Promise<boolean> | boolean,
): Promise<string | null> {
  const names = sourceNames(order)
  for (const name of names.slice(0, -1)) {
    if (!configureNameServiceSwitch(database, name)) return null
    if (await isSame()) return name
  }
  return names.at(-1) ?? null
}

/** `glibc 2.36` */
export function libraryText({ name, version }: CLibrary = cLibrary()): string {
  return version === undefined ? name : `${name} ${version}`
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
