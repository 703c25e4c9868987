import { spawnSync } from 'node:child_process'

import { root } from '../source-tree.ts'
import { readManifest } from './manifest.ts'

/** Of sources without a history, as npm dates the files of a package. */
const NO_DATE = 499_162_500

/** What identifies the sources of a release. */
export interface Sources {
  version: string
  /** The commit; empty without a history. */
  revision: string
  /** When they were last changed: SOURCE_DATE_EPOCH, or else the time of the commit. */
  date: Date
}

export function describeSources(): Sources {
  const log = ['log', '-1', '--format=%H %ct']
  const { stdout } = spawnSync('git', log, { cwd: root, encoding: 'utf8' })
  const [revision = '', seconds = NO_DATE] = stdout.trim().split(' ')
  const { version } = readManifest('.')
  if (version === undefined) throw new Error('package.json has no version')
  const date = new Date(Number(process.env['SOURCE_DATE_EPOCH'] ?? seconds) * 1_000)
  return { version, revision, date }
}
