import { readFileSync } from 'node:fs'

/** A user of passwd(5). */
export interface Account {
  name: string
  uid: number
  gid: number
  home: string
  shell: string
}

/** The users and groups of this host. */
export interface Accounts {
  user: (name: string) => Account | undefined
  /** The number of a group. */
  group: (name: string) => number | undefined
}

/** Reads passwd(5) and group(5) now; a file that is not there has no lines. */
export function readAccounts(passwd = '/etc/passwd', group = '/etc/group'): Accounts {
  const users = new Map(records(passwd).map((fields) => [fields[0], accountOf(fields)]))
  const groups = new Map(records(group).map(([name, , id]) => [name, Number(id)]))
  return { user: (name) => users.get(name), group: (name) => groups.get(name) }
}

function accountOf([name = '', , uid, gid, , home = '', shell = '']: string[]): Account {
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' }
}

function records(file: string): string[][] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.map((line) => line.split(':')).filter(({ length }) => length >= 3)
  } catch {
    return []
  }
}
