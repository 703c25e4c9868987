import { isIP } from 'node:net'

import { isSourceSpecific } from '@sockyard/protocol/multicast'
import { UsageError } from '@sockyard/service/errors'
import type { MulticastGroup } from '@sockyard/service/group-socket'

/**
 * The groups, each with those of the sources that are of its family.
 *
 * @throws {UsageError} for a group of a source-specific range without a source, and when sources are given but
 *   none for this group: it would be received from anybody
 */
export function groupsWithSources(
  groups: readonly string[],
  sources: readonly string[],
): MulticastGroup[] {
  return [...new Set(groups)].map((address) => {
    const own = sources.filter((source) => isIP(source) === isIP(address))
    if (own.length > 0) return { address, sources: own }
    if (isSourceSpecific(address))
      throw new UsageError('--group', address, 'needs a --source (RFC 4607)')
    if (sources.length > 0)
      throw new UsageError('--source', sources.join(','), `has no source for ${address}`)
    return { address }
  })
}
