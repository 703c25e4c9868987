import { processCumulativeTsn } from '../transmission/sack-processing.ts'
import type { Chunk, ShutdownChunk } from '../wire/chunk.ts'
import { abort, abortForViolation, completeShutdown } from './abort.ts'
import type { Association } from './association.ts'
import { countFailure } from './path-supervision.ts'

const NEVER = Number.POSITIVE_INFINITY
const GUARD_RTO_MAXIMA = 5

/** The user wants to end: all that was sent is delivered first (RFC 9260 section 9.2). */
export function startShutdown(association: Association): void {
  const { state, context } = association
  if (state === 'COOKIE-WAIT' || state === 'COOKIE-ECHOED') return abort(association, [])
  if (state !== 'ESTABLISHED') return
  association.state = 'SHUTDOWN-PENDING'
  association.guardAt = context.now + GUARD_RTO_MAXIMA * context.parameters.rtoMaximumMillis
  context.markPending(association)
}

/** Takes the next step once everything is acknowledged: SHUTDOWN, or SHUTDOWN ACK (9.2). */
export function advanceShutdown(association: Association): void {
  const { state, transfer } = association
  if (state !== 'SHUTDOWN-PENDING' && state !== 'SHUTDOWN-RECEIVED') return
  if (!transfer?.outbound.empty) return
  association.state = state === 'SHUTDOWN-PENDING' ? 'SHUTDOWN-SENT' : 'SHUTDOWN-ACK-SENT'
  sendShutdownChunk(association)
}

/** Sends, or repeats, what the state asks for, and starts T2-shutdown. */
export function sendShutdownChunk(association: Association): void {
  const { context, paths, state, transfer } = association
  if (!transfer) return
  const chunk: Chunk =
    state === 'SHUTDOWN-SENT'
      ? { kind: 'shutdown', cumulativeTsn: transfer.inbound.tsns.cumulative }
      : { kind: 'shutdown-ack' }
  association.sendControl([chunk], paths.forData)
  association.shutdownAt = context.now + paths.forData.rto.rto
}

/** T2-shutdown ran out (9.2, 6.3.3). */
export function shutdownExpired(association: Association): void {
  if (countFailure(association, association.paths.forData)) sendShutdownChunk(association)
}

/** T5-shutdown-guard ran out: the peer keeps the shutdown from ending (9.2). */
export const shutdownGuardExpired = (association: Association): void => abort(association, [])

/** SHUTDOWN: the peer sends nothing more, and acknowledges what it has (9.2). */
export function receiveShutdown(association: Association, { cumulativeTsn }: ShutdownChunk): void {
  const { state, transfer, paths, context } = association
  if (!transfer || state === 'COOKIE-ECHOED' || state === 'SHUTDOWN-ACK-SENT') return
  const verdict = processCumulativeTsn(transfer.outbound, paths.all, cumulativeTsn, context.now)
  if (verdict === 'impossible')
    return abortForViolation(association, 'SHUTDOWN beyond what was sent')
  context.markPending(association)
  if (state === 'SHUTDOWN-SENT') {
    association.state = 'SHUTDOWN-ACK-SENT'
    sendShutdownChunk(association)
  } else if (state !== 'SHUTDOWN-RECEIVED') {
    association.state = 'SHUTDOWN-RECEIVED'
    context.notify({ type: 'shutdown', association: association.id })
  }
}

/** SHUTDOWN ACK: answered with SHUTDOWN COMPLETE, and the association is gone (9.2). */
export function receiveShutdownAck(association: Association): void {
  const { state } = association
  if (state !== 'SHUTDOWN-SENT' && state !== 'SHUTDOWN-ACK-SENT') return
  association.shutdownAt = NEVER
  association.sendControl(
    [{ kind: 'shutdown-complete', reflected: false }],
    association.paths.forData,
  )
  completeShutdown(association)
}

/** SHUTDOWN COMPLETE: expected in SHUTDOWN-ACK-SENT only (9.2). */
export function receiveShutdownComplete(association: Association): void {
  if (association.state === 'SHUTDOWN-ACK-SENT') completeShutdown(association)
}
