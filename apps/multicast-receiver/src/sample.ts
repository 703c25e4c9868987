import { decodeMulticastDatagram, describePayload } from '@sockyard/protocol/multicast'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'

import type { Arrivals } from './arrival.ts'
import type { Datagram } from './datagram.ts'
import { sampleText } from './receive-texts.ts'

type SampleData = Extract<MulticastReceiveEvent, { event: 'sample' }>['data']

/** One datagram as a line tells it. */
export interface Sample {
  data: SampleData
  text: string
}

/** @param arrivals those that this datagram was the last of */
export function sampleOf(datagram: Datagram, arrivals: Arrivals, port: number): Sample {
  const bytes = datagram.bytes()
  const read = decodeMulticastDatagram(bytes)
  const payload = read.ok ? read.value.payload : bytes
  const data = {
    group: datagram.group,
    port,
    source: datagram.source().text,
    sourcePort: datagram.sourcePort,
    interface: datagram.interface,
    ttl: datagram.ttl ?? null,
    kernelDrops: datagram.kernelDrops ?? null,
    sender: read.ok ? read.value.sender : null,
    sequence: read.ok ? String(read.value.sequence) : null,
    sizeBytes: bytes.length,
    delayMicros: arrivals.delayMicros ?? null,
    text: describePayload(payload),
  }
  const isPadding = read.ok && payload.every((byte) => byte === 0)
  return { data, text: sampleText(data, arrivals.kind, isPadding) }
}
