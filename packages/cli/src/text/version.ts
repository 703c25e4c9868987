import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The version in the nearest package.json above an entry file that has one: in a checkout that at the top, for the
 * members of the workspace have none of their own.
 *
 * @param entry path of the file that Node runs
 */
export function versionOf(entry: string): string {
  let folder = realpathSync(entry)
  while (folder !== dirname(folder)) {
    folder = dirname(folder)
    const version = versionIn(join(folder, 'package.json'))
    if (version !== undefined) return version
  }
  return 'unknown'
}

function versionIn(path: string): string | undefined {
  const manifest: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : undefined
}
