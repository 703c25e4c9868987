import type { Association } from './association.ts'
import { lose } from './ending.ts'
import { PeerUnreachableError } from './errors.ts'
import { beginMtuSearch } from './mtu-probing.ts'
import type { Path } from './path.ts'

/**
 * Something sent to a path had no answer in time: counts it against the path (RFC 9260 section 8.2)
 * and, on the path that data take, against the peer (8.1). False when that ended the association.
 */
export function countFailure(association: Association, path: Path): boolean {
  const { host, paths } = association
  const { associationMaximumRetransmissions, pathMaximumRetransmissions } = host.parameters
  const usedForData = path === paths.forData
  path.errors += 1
  path.rto.backOff()
  if (path.errors > pathMaximumRetransmissions && path.state === 'active') {
    path.state = 'inactive'
    notifyPath(association, path, 'unreachable')
  }
  if (!usedForData) return true
  association.errors += 1
  if (association.errors <= associationMaximumRetransmissions) return true
  lose(association, new PeerUnreachableError(association.id, associationMaximumRetransmissions))
  return false
}

/** The peer answered on this path: its counters start again (8.1, 8.2), and it can be used. */
export function countSuccess(association: Association, path: Path): void {
  association.errors = 0
  path.errors = 0
  if (path.state === 'inactive') {
    path.state = 'active'
    notifyPath(association, path, 'available')
  }
  if (path.mtu.isSuspended) beginMtuSearch(association, path)
}

/** Tells the user of a change of one of the peer's addresses (RFC 9260 section 11.2.3). */
export function notifyPath(
  association: Association,
  path: Path,
  state: 'confirmed' | 'available' | 'unreachable' | 'port-changed',
): void {
  association.host.notify({
    type: 'peer-address',
    association: association.id,
    peer: path.to,
    state,
  })
}
