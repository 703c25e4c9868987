import { CAUSE_CODE, textCause } from '../wire/error-cause.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import type { Association } from './association.ts'
import { AbortedError } from './errors.ts'
import type { AssociationError } from './errors.ts'
import { failedMessages } from './failed-messages.ts'

/** Ends an association at once and tells the peer why (RFC 9260 section 9.1). */
export function abort(association: Association, causes: ErrorCause[]): void {
  if (association.peerTag !== 0) {
    association.sendControl(
      [{ kind: 'abort', reflected: false, causes }],
      association.paths.forData,
    )
  }
  lose(association, new AbortedError(association.id, causes))
}

/** The peer broke a rule that leaves no way on (RFC 9260 section 3.3.10.13). */
export const abortForViolation = (association: Association, reason: string): void =>
  abort(association, [textCause(CAUSE_CODE.PROTOCOL_VIOLATION, reason)])

/**
 * The association is over, and not by a shutdown: says so, with every message that may be lost.
 * What had arrived and was not read is handed over first.
 */
export function lose(association: Association, error: AssociationError): void {
  close(association)
  for (const failed of failedMessages(association)) association.host.notify(failed)
  association.host.notify({ type: 'association-lost', association: association.id, error })
}

/** Both sides have shut down and nothing was lost (RFC 9260 section 9.2). */
export function complete(association: Association): void {
  close(association)
  association.host.notify({ type: 'shutdown-complete', association: association.id })
}

function close(association: Association): void {
  association.state = 'CLOSED'
  association.transfer?.inbound.unread.handOverAll()
  association.host.forget(association)
}
