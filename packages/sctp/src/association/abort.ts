import type { OutgoingChunk } from '../transmission/outgoing-chunk.ts'
import type { Queue } from '../transmission/queue.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { DATA_HEADER_BYTES, decodeData } from '../wire/data-chunk.ts'
import { CAUSE_CODE, textCause, type ErrorCause } from '../wire/error-cause.ts'
import type { Association, Transfer } from './association.ts'
import { AbortedError, type AssociationError } from './errors.ts'
import type { Notification } from './notification.ts'

/** Ends an association at once and tells the peer why (RFC 9260 section 9.1). */
export function abort(association: Association, causes: ErrorCause[]): void {
  if (association.peerTag !== 0) {
    association.sendControl(
      [{ kind: 'abort', reflected: false, causes }],
      association.paths.forData,
    )
  }
  fail(association, new AbortedError(association.id, causes))
}

/** The peer broke a rule that leaves no way on (RFC 9260 section 3.3.10.13). */
export const abortForViolation = (association: Association, reason: string): void =>
  abort(association, [textCause(CAUSE_CODE.PROTOCOL_VIOLATION, reason)])

/**
 * The association is over, and not by a shutdown: says so, with every message that may be lost.
 * What had arrived and was not read is handed over first.
 */
export function fail(association: Association, error: AssociationError): void {
  if (association.ended) return
  const { transfer } = association
  close(association)
  for (const failed of failedMessages(association.id, transfer)) association.context.notify(failed)
  association.context.notify({ type: 'association-lost', association: association.id, error })
}

/** Both sides have shut down and nothing was lost (RFC 9260 section 9.2). */
export function completeShutdown(association: Association): void {
  if (association.ended) return
  close(association)
  association.context.notify({ type: 'shutdown-complete', association: association.id })
}

function close(association: Association): void {
  association.state = 'CLOSED'
  association.ended = true
  association.transfer?.inbound.close()
  // Timers may still refer to the association: the data it holds need not wait for them.
  association.transfer = undefined
  association.context.remove(association)
}

/**
 * The messages that the peer never acknowledged whole, sent or not, in the order they were to be sent
 * (RFC 9260 section 11.2.2, as SCTP_SEND_FAILED_EVENT of RFC 6458 section 6.1.11), each with all its data.
 */
export function failedMessages(id: number, transfer: Transfer | undefined): Notification[] {
  if (!transfer) return []
  const { beginning, outstanding, waiting } = transfer.outbound
  const chunks = [...beginning, ...items(outstanding), ...items(waiting)]
  return messagesOf(chunks).flatMap((fragments) => notificationOf(id, fragments))
}

const items = (queue: Queue<OutgoingChunk>): OutgoingChunk[] =>
  Array.from({ length: queue.length }, (_, index) => queue.at(index)).filter(
    (chunk) => chunk !== undefined,
  )

/** Fragments of one message lie together, those of a message begun first. */
function messagesOf(chunks: readonly OutgoingChunk[]): OutgoingChunk[][] {
  const messages: OutgoingChunk[][] = []
  let fragments: OutgoingChunk[] = []
  for (const chunk of chunks) {
    fragments.push(chunk)
    if (chunk.fragmentsAfter > 0) continue
    if (fragments.some(({ acknowledged }) => !acknowledged)) messages.push(fragments)
    fragments = []
  }
  return messages
}

function notificationOf(association: number, fragments: readonly OutgoingChunk[]): Notification[] {
  const [first] = fragments
  if (!first) return []
  const header = decodeData(first.encoded, 0, first.encoded.length)
  return [
    {
      type: 'send-failed',
      association,
      stream: readUint16(first.encoded, 8),
      protocolId: readUint32(first.encoded, 12),
      unordered: header.ok && header.value.unordered,
      data: Buffer.concat(fragments.map(({ encoded }) => encoded.subarray(DATA_HEADER_BYTES))),
      sent: fragments.some(({ transmissions }) => transmissions > 0),
    },
  ]
}
