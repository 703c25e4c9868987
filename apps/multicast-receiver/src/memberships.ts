import { isIP } from 'node:net'

import { isSourceSpecific } from '@sockyard/protocol/multicast'
import { UsageError } from '@sockyard/service/errors'
import type { InterfaceChoice } from '@sockyard/service/group-interfaces'
import type { MulticastGroup } from '@sockyard/service/group-socket'
import { findInterface } from '@sockyard/service/interfaces'

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

/**
 * What `--interface` means.
 *
 * @throws {UsageError} when an interface does not exist
 */
export function interfaceChoice(wanted: readonly string[]): InterfaceChoice {
  const [first = 'any'] = wanted
  if (first === 'any' || first === 'all') return first
  return [...new Set(wanted.map((each) => findInterface(each).name))]
}
