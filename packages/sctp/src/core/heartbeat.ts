import { readUint32 } from '../wire/bytes.ts'
import type { HeartbeatChunk } from '../wire/chunk.ts'
import type { Association } from './association.ts'
import { probeArrived } from './mtu-probing.ts'
import { countFailure, countSuccess, notifyPath } from './path-errors.ts'
import type { Path } from './path.ts'

const NONCE_BYTES = 8

/**
 * Sets the time of the next HEARTBEAT: after HB.interval and one RTO, the RTO varied by half so that
 * many associations do not beat together; an unconfirmed address is asked every RTO (8.3, 5.4).
 */
export function scheduleHeartbeat(association: Association, path: Path): void {
  const { host } = association
  const variation = readUint32(host.random(4), 0) / 0x1_0000_0000 + 0.5
  const interval = path.state === 'unconfirmed' ? 0 : host.parameters.heartbeatIntervalMillis
  path.heartbeatAt = host.now + interval + path.rto.rto * variation
}

/** The heartbeat timer of a path ran out: an answer is missing, or one is to be asked for (8.3). */
export function heartbeatExpired(association: Association, path: Path): void {
  if (path.heartbeatNonce) {
    path.heartbeatNonce = undefined
    if (!countFailure(association, path)) return
    scheduleHeartbeat(association, path)
  } else if (isIdle(association, path)) sendHeartbeat(association, path)
  else scheduleHeartbeat(association, path)
}

const isIdle = ({ host }: Association, path: Path): boolean =>
  path.state !== 'active' || host.now - path.usedAt >= host.parameters.heartbeatIntervalMillis

/** Asks an address for an answer; the nonce proves that the answer came from there (5.4). */
function sendHeartbeat(association: Association, path: Path): void {
  const { host } = association
  path.heartbeatNonce = host.random(NONCE_BYTES)
  path.heartbeatSentAt = host.now
  path.heartbeatAt = host.now + path.rto.rto
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
  path.rto.measured(association.host.now - path.heartbeatSentAt)
  if (path.state === 'unconfirmed') confirm(association, path)
  countSuccess(association, path)
  scheduleHeartbeat(association, path)
}

function confirm(association: Association, path: Path): void {
  association.host.relocate(association, () => {
    path.state = 'active'
  })
  notifyPath(association, path, 'confirmed')
}

const equal = (nonce: Uint8Array | undefined, info: Uint8Array): boolean =>
  nonce?.length === info.length && nonce.every((byte, index) => byte === info[index])
