import type { DataChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, invalidStreamIdentifier, noUserData } from '../wire/error-cause.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import type { Association } from './association.ts'
import { abort, abortForViolation } from './ending.ts'

const RECEIVING = new Set(['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-SENT'])

/**
 * One DATA chunk (RFC 9260 section 6.2). Must it be acknowledged at once? What is to be
 * reported to the peer is added to `errors`.
 */
export function receiveData(
  association: Association,
  chunk: DataChunk,
  errors: ErrorCause[],
): boolean {
  const { transfer, state } = association
  if (!transfer || !RECEIVING.has(state)) return false
  if (chunk.data.length === 0) {
    abort(association, [noUserData(chunk.tsn)])
    return false
  }
  const arrival = transfer.inbound.receive(chunk)
  switch (arrival.kind) {
    case 'accepted':
      return chunk.immediate
    case 'invalid-stream':
      errors.push(invalidStreamIdentifier(chunk.stream))
      return false
    case 'too-long':
      abort(association, [{ code: CAUSE_CODE.OUT_OF_RESOURCE, information: new Uint8Array(0) }])
      return false
    case 'violation':
      abortForViolation(association, arrival.reason)
      return false
    case 'duplicate':
    case 'dropped':
      break
  }
  return true
}
