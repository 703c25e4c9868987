import { handshakeExpired } from '../handshake/initiate.ts'
import type { Path } from '../paths/path.ts'
import type { OutgoingChunk } from '../transmission/outgoing-chunk.ts'
import type { Association } from './association.ts'
import { mtuTimerExpired, suspectBlackHole } from './mtu-probing.ts'
import { countFailure, heartbeatExpired } from './path-supervision.ts'
import { shutdownExpired, shutdownGuardExpired } from './shutdown.ts'

/** A chunk lost so often in a row may be too large for a path that has changed. */
const SUSPICIOUS_TRANSMISSIONS = 3

const NEVER = Number.POSITIVE_INFINITY

/** Does what every timer that has run out asks for. */
export function expireTimers(association: Association): void {
  const { context, acknowledgement } = association
  const { now } = context
  if (acknowledgement.dueAt <= now) {
    acknowledgement.urgent = true
    acknowledgement.dueAt = NEVER
  }
  if (association.handshakeAt <= now) handshakeExpired(association)
  if (association.shutdownAt <= now) shutdownExpired(association)
  if (association.guardAt <= now && association.state !== 'CLOSED')
    shutdownGuardExpired(association)
  // A copy: an address that never answers is forgotten.
  for (const path of association.paths.all.slice()) expirePath(association, path, now)
  context.markPending(association)
}

function expirePath(association: Association, path: Path, now: number): void {
  if (association.state !== 'CLOSED' && path.retransmitAt <= now)
    retransmissionExpired(association, path)
  if (association.state !== 'CLOSED' && path.heartbeatAt <= now) heartbeatExpired(association, path)
  if (association.state !== 'CLOSED' && path.mtu.at <= now) mtuTimerExpired(association, path)
}

/**
 * T3-rtx ran out: all that is in flight on the path counts as lost, the window begins anew, and the
 * timeout doubles (RFC 9260 sections 6.3.3 and 7.2.3).
 */
function retransmissionExpired(association: Association, path: Path): void {
  path.retransmitAt = NEVER
  const { transfer } = association
  if (!transfer || !countFailure(association, path)) return
  const { outbound } = transfer
  // A probe that goes unanswered says nothing about the network.
  if (!outbound.probe) path.congestion.timedOut()
  let isSuspicious = false
  for (let index = 0; index < outbound.outstanding.length; index += 1) {
    const chunk = outbound.outstanding.at(index)
    if (chunk?.path !== path) continue
    isSuspicious ||= wasLostAgain(chunk) && chunk.sentAt > path.mtu.provenAt
    outbound.markLost(chunk)
  }
  if (isSuspicious) suspectBlackHole(association, path)
}

const wasLostAgain = ({ acknowledged, transmissions }: OutgoingChunk): boolean =>
  !acknowledged && transmissions >= SUSPICIOUS_TRANSMISSIONS
