import { readFileSync } from 'node:fs'

import { UsageError } from '@sockyard/cli/errors'
import { text } from '@sockyard/cli/options'
import type { LimitedLog } from '@sockyard/net/log'
import { type NtpKey, parseKeys } from '@sockyard/protocol/ntp'

/** --keys: an option of its own folder, because it loads a protocol, which few programs need. */
export const keyFile = () =>
  text().meta({
    valueName: 'FILE',
    group: 'Keys',
    description: 'symmetric keys, as in chrony.keys or ntp.keys: id type key',
  })

/**
 * The keys of a file. Lines that give no key are logged, each with its reason; the others count.
 *
 * @param wanted ids of `--key`, each of which must be there
 * @returns no keys when there is no file
 * @throws {UsageError} when the file cannot be read, or a wanted key is not in it
 */
export function readNtpKeys(
  file: string | undefined,
  wanted: readonly number[],
  log: Pick<LimitedLog, 'warn'>,
): ReadonlyMap<number, NtpKey> {
  const { keys, refused } = parseKeys(file === undefined ? '' : read(file))
  for (const { field, reason } of refused) log.warn({ file, line: field, reason }, 'line ignored')
  const missing = wanted.find((id) => !keys.has(id))
  if (missing === undefined) return keys
  const allowed = file === undefined ? 'needs --keys FILE' : `is not among the keys of ${file}`
  throw new UsageError('--key', String(missing), allowed)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError('--keys', file, `cannot be read: ${(error as Error).message}`)
  }
}
