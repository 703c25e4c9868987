import { renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Of the tables below: a file of another version is moved aside. */
const VERSION = 1

const TABLES = `
CREATE TABLE IF NOT EXISTS series (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  name TEXT NOT NULL,
  labels TEXT NOT NULL,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS samples (
  series INTEGER NOT NULL,
  level INTEGER NOT NULL,
  start INTEGER NOT NULL,
  steps BLOB NOT NULL,
  PRIMARY KEY (series, level, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  service TEXT NOT NULL,
  source TEXT NOT NULL,
  json TEXT NOT NULL,
  UNIQUE (service, source)
) STRICT;
`

/** An open store. */
export interface OpenDatabase {
  database: DatabaseSync
  /** Where a file that could not be used is now, and why; undefined when it could. */
  movedAside?: { path: string; reason: string }
}

/**
 * Opens the store, or makes it. A file that is damaged, no database, or of another version is moved aside, and a new
 * one begun.
 *
 * @param path of the file; an empty one is a temporary file, private to the process and deleted with it
 */
export function openDatabase(path: string): OpenDatabase {
  try {
    return { database: open(path) }
  } catch (error) {
    if (path === '' || !isOfTheFile(error)) throw error
    const aside = `${path}.unusable-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
    renameSync(path, aside)
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
    return { database: open(path), movedAside: { path: aside, reason: error.message } }
  }
}

/** The file is there, and is no store of ours. */
class StoreFileError extends Error {
  override readonly name = 'StoreFileError'
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    // A temporary file is gone after a crash, and needs nothing that would survive it.
    if (path === '') database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;')
    else database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    checkVersion(database)
    database.exec(TABLES)
    database.exec(`PRAGMA user_version = ${VERSION}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function checkVersion(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'])
  if (tables > 0 && found !== VERSION)
    throw new StoreFileError(`it is of version ${found}, and this console writes ${VERSION}`)
  const checked = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
  if (checked !== 'ok') throw new StoreFileError(String(checked))
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org, result codes); what else fails is not the fault of the file. */
function isOfTheFile(error: unknown): error is Error {
  if (error instanceof StoreFileError) return true
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return [11, 26].includes(Number(error.errcode) & 0xff)
}
