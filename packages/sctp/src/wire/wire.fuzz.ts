import { ok, strictEqual } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { canonicalAddress, formatIpv6, parseAddress } from './address.ts'
import type { Chunk } from './chunk.ts'
import { packetChecksum } from './crc32c.ts'
import { describeCause } from './error-cause.ts'
import { decodePacket, encodePacket } from './packet.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

const INIT = {
  initiateTag: 7,
  window: 65_536,
  outboundStreams: 4,
  inboundStreams: 4,
  initialTsn: 99,
} as const

/** Every kind of chunk, and every kind of parameter. */
const chunks: readonly Chunk[][] = [
  [
    {
      ...INIT,
      kind: 'init',
      parameters: [
        { kind: 'address', address: '192.0.2.1' },
        { kind: 'address', address: '2001:db8::1' },
        { kind: 'cookie-preservative', millis: 1000 },
        { kind: 'supported-address-types', types: [5, 6] },
        { kind: 'ecn-capable' },
        { kind: 'host-name', name: bytes(97, 0) },
        { kind: 'unknown', type: 0xc001, value: bytes(1, 2, 3) },
      ],
    },
  ],
  [
    {
      ...INIT,
      kind: 'init-ack',
      parameters: [
        { kind: 'cookie', cookie: new Uint8Array(40) },
        { kind: 'unrecognized', parameter: bytes(0xc0, 1, 0, 4) },
      ],
    },
  ],
  [
    { kind: 'cookie-echo', cookie: new Uint8Array(21) },
    {
      kind: 'data',
      tsn: 1,
      stream: 2,
      sequence: 3,
      protocolId: 4,
      unordered: false,
      beginning: true,
      ending: true,
      immediate: true,
      data: bytes(104, 105, 33),
    },
  ],
  [
    {
      kind: 'sack',
      cumulativeTsn: 9,
      window: 1000,
      gaps: [
        { start: 2, end: 3 },
        { start: 5, end: 9 },
      ],
      duplicates: [4, 5],
    },
  ],
  [{ kind: 'heartbeat', info: new Uint8Array(24) }],
  [{ kind: 'heartbeat-ack', info: new Uint8Array(3) }],
  [
    {
      kind: 'abort',
      reflected: true,
      causes: [
        { code: 12, information: bytes(98, 121, 101) },
        { code: 1, information: bytes(0, 7, 0, 0) },
      ],
    },
  ],
  [
    { kind: 'error', causes: [{ code: 3, information: bytes(0, 0, 1, 0) }] },
    { kind: 'cookie-ack' },
  ],
  [{ kind: 'shutdown', cumulativeTsn: 77 }],
  [{ kind: 'shutdown-ack' }, { kind: 'pad', bytes: 8 }],
  [{ kind: 'shutdown-complete', reflected: false }],
  [
    { kind: 'ecne', lowestTsn: 1 },
    { kind: 'cwr', lowestTsn: 2 },
  ],
  [{ kind: 'unknown', type: 0xc1, chunk: bytes(0xc1, 0, 0, 6, 1, 2) }],
]

const seeds = chunks.map((each) =>
  encodePacket({ sourcePort: 5000, destinationPort: 9877, verificationTag: 7, chunks: each }),
)

/** Any bytes, with a checksum that is right: without it one input in 2^32 would come to the chunks. */
function sctpPacket(input: Uint8Array): void {
  const datagram = Uint8Array.from(input)
  if (datagram.length >= 12)
    new DataView(datagram.buffer).setUint32(8, packetChecksum(datagram), true)
  const result = decodePacket(datagram)
  if (!result.ok) return
  const packet = result.value
  for (const chunk of packet.chunks) checkChunk(chunk)
  // What is ignored (padding, flags, what follows a heartbeat's info) is not sent again; what is read is.
  const again = decodePacket(encodePacket(packet))
  ok(again.ok, 'what was decoded can be sent')
  strictEqual(text(again.value), text(packet))
}

function checkChunk(chunk: Chunk): void {
  if (chunk.kind !== 'abort' && chunk.kind !== 'error') return
  for (const cause of chunk.causes)
    ok(!/[\p{C}\p{Zl}\p{Zp}]/u.test(describeCause(cause)), 'the words of a peer are safe')
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each instanceof Uint8Array ? each.toHex() : each,
  )
}

/** An address has one spelling, and that is its own. */
function sctpAddress(input: Uint8Array): void {
  if (input.length < 16) return
  const address = formatIpv6(input.subarray(0, 16))
  const parsed = parseAddress(address)
  ok(parsed !== undefined && Buffer.compare(parsed, input.subarray(0, 16)) === 0, address)
  strictEqual(canonicalAddress(canonicalAddress(address)), canonicalAddress(address))
}

export const targets: readonly FuzzTarget[] = [
  { name: 'sctp-packet', seeds, run: sctpPacket },
  {
    name: 'sctp-address',
    seeds: [new Uint8Array(16), bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1)],
    maximumBytes: 32,
    run: sctpAddress,
  },
]
