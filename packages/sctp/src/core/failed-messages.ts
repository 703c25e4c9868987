import { readUint16, readUint32 } from '../wire/bytes.ts'
import { DATA_HEADER_BYTES, decodeData } from '../wire/data-chunk.ts'
import type { Association } from './association.ts'
import type { Notification } from './notification.ts'
import type { OutgoingChunk } from './outgoing-chunk.ts'
import type { Queue } from './queue.ts'

/**
 * The messages that the peer never acknowledged whole, sent or not, in the order they were to be sent
 * (RFC 9260 section 11.2.2, as SCTP_SEND_FAILED_EVENT of RFC 6458 section 6.1.11), each with all its data.
 */
export function failedMessages({ id, transfer }: Association): Notification[] {
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
