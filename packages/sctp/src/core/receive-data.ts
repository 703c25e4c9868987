import type { DataChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, invalidStreamIdentifier, noUserData, textCause } from '../wire/error-cause.ts'
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
      abort(association, tooLong(association.host.parameters.maximumMessageBytes))
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

/** Out of Resource says that we have no room (3.3.10.4), but has none itself for how much that is. */
const tooLong = (maximumBytes: number): ErrorCause[] => [
  { code: CAUSE_CODE.OUT_OF_RESOURCE, information: new Uint8Array(0) },
  textCause(CAUSE_CODE.USER_INITIATED_ABORT, `a message of more than ${maximumBytes} B`),
]
