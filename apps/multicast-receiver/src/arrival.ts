import { decodeMulticastDatagram, describePayload } from '@sockyard/protocol/multicast'
import type { MulticastDatagram } from '@sockyard/protocol/multicast'
import type { GroupDatagramSource } from '@sockyard/service/membership'

import type { FlowTable } from './flow-table.ts'

/** `plain`: another program's datagram. `malformed`: with our header, but a version we do not know. */
type ArrivalKind = 'new' | 'reordered' | 'duplicate' | 'stray' | 'restart' | 'plain' | 'malformed'

/** One datagram that came. */
export interface Arrival {
  readonly kind: ArrivalKind
  readonly from: GroupDatagramSource
  readonly sizeBytes: number
  /** Undefined unless it is one of ours. */
  readonly datagram: MulticastDatagram | undefined
  /** Undefined unless it is one of ours. */
  readonly delayMicros: number | undefined
  /** What is in it, in one safe line. */
  text(): string
}

/** Reads a datagram and counts it for its flow. */
export function observe(bytes: Uint8Array, from: GroupDatagramSource, flows: FlowTable): Arrival {
  const { group, address: source, receivedAt } = from
  const read = decodeMulticastDatagram(bytes)
  if (read.ok) {
    const datagram = read.value
    const flow = flows.heard(group, source, datagram.sender)
    return {
      kind: flow.observe(datagram, receivedAt),
      from,
      sizeBytes: bytes.length,
      datagram,
      delayMicros: Number(receivedAt - datagram.sentAt) / 1_000,
      text: () => describePayload(datagram.payload),
    }
  }
  const isMalformed = read.error.field === 'version'
  flows.heard(group, source, null).observePlain(isMalformed)
  return {
    kind: isMalformed ? 'malformed' : 'plain',
    from,
    sizeBytes: bytes.length,
    datagram: undefined,
    delayMicros: undefined,
    text: () => describePayload(bytes),
  }
}

/** Whether it is the first copy of something. */
export function isReceived({ kind }: Arrival): boolean {
  return kind !== 'duplicate' && kind !== 'stray' && kind !== 'malformed'
}
