import { readFileSync, realpathSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * The version in the package.json that an entry file belongs to.
 *
 * @param entry path of the file that Node runs
 */
export function versionOf(entry: string): string {
  const path = findPackageJSON(pathToFileURL(realpathSync(entry)))
  const manifest: unknown = path === undefined ? {} : JSON.parse(readFileSync(path, 'utf8'))
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}
