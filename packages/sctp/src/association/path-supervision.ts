import type { Path } from '../paths/path.ts'
import { readUint32 } from '../wire/bytes.ts'
import type { HeartbeatChunk } from '../wire/chunk.ts'
import { fail } from './abort.ts'
import type { Association } from './association.ts'
import { PeerUnreachableError } from './errors.ts'
import { beginMtuSearch, probeArrived } from './mtu-probing.ts'

const NONCE_BYTES = 8

/**
 * Sets the time of the next HEARTBEAT: after HB.interval and one RTO, the RTO varied by half so that
 * many associations do not beat together; an unconfirmed address is asked every RTO (8.3, 5.4), which doubles.
 */
export function scheduleHeartbeat(association: Association, path: Path): void {
  const { context } = association
  const variation = readUint32(context.random(4), 0) / 0x1_0000_0000 + 0.5
  const interval = path.state === 'unconfirmed' ? 0 : context.parameters.heartbeatIntervalMillis
  path.heartbeatAt = context.now + interval + path.rto.rto * variation
}

/** The heartbeat timer of a path expired: its HEARTBEAT is unacknowledged, or a new one is due (8.3). */
export function heartbeatExpired(association: Association, path: Path): void {
  if (path.heartbeatNonce) {
    path.heartbeatNonce = undefined
    if (!countFailure(association, path)) return
    if (isHopeless(association, path)) return association.paths.remove(path)
    scheduleHeartbeat(association, path)
  } else if (isIdle(association, path)) sendHeartbeat(association, path)
  else scheduleHeartbeat(association, path)
}

/** An address that never answered is forgotten: it may be that of another host (RFC 9260 section 5.4). */
const isHopeless = ({ context }: Association, { state, errors }: Path): boolean =>
  state === 'unconfirmed' && errors > context.parameters.pathMaximumRetransmissions

const isIdle = ({ context }: Association, path: Path): boolean =>
  path.state !== 'active' || context.now - path.usedAt >= context.parameters.heartbeatIntervalMillis

/** Asks an address for an answer; the nonce proves that the answer came from there (5.4). */
function sendHeartbeat(association: Association, path: Path): void {
  const { context } = association
  path.heartbeatNonce = context.random(NONCE_BYTES)
  path.heartbeatSentAt = context.now
  path.heartbeatAt = context.now + path.rto.rto
  association.sendControl([{ kind: 'heartbeat', info: path.heartbeatNonce }], path)
}

/** HEARTBEAT ACK: the address is reachable, and the round trip is known (8.3, 6.3.1). */
export function receiveHeartbeatAck(association: Association, { info }: HeartbeatChunk): void {
  const { all } = association.paths
  const probed = all.find(({ mtu }) => equal(mtu.probe?.nonce, info))
  if (probed) {
    probeArrived(association, probed)
    return countSuccess(association, probed)
  }
  const path = all.find(({ heartbeatNonce }) => equal(heartbeatNonce, info))
  if (!path) return
  path.heartbeatNonce = undefined
  path.rto.measured(association.context.now - path.heartbeatSentAt)
  if (path.state === 'unconfirmed') confirm(association, path)
  countSuccess(association, path)
  scheduleHeartbeat(association, path)
}

function confirm(association: Association, path: Path): void {
  association.context.reindex(association, () => {
    path.state = 'active'
  })
  notifyPath(association, path, 'confirmed')
}

const equal = (nonce: Uint8Array | undefined, info: Uint8Array): boolean =>
  nonce?.length === info.length && nonce.every((byte, index) => byte === info[index])

/**
 * Something sent to a path had no answer in time: counts it against the path (RFC 9260 section 8.2)
 * and, on the path that data take, against the peer (8.1). False when that ended the association.
 */
export function countFailure(association: Association, path: Path): boolean {
  const { context, paths } = association
  const { associationMaximumRetransmissions, pathMaximumRetransmissions } = context.parameters
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
  fail(association, new PeerUnreachableError(association.id, associationMaximumRetransmissions))
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
  association.context.notify({
    type: 'peer-address',
    association: association.id,
    peer: path.to,
    state,
  })
}
