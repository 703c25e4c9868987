import * as fc from 'fast-check'

import type { Chunk } from '../wire/chunk.ts'
import type { Parameter } from '../wire/parameter.ts'

const uint16 = fc.nat(0xffff)
const uint32 = fc.nat(0xffffffff)
const bytes = fc.uint8Array({ maxLength: 40 })

const address = fc.oneof(
  fc.ipV4(),
  fc
    .tuple(uint16, uint16)
    .map(([a, b]) => `2001:db8::${(a | 1).toString(16)}:${(b | 1).toString(16)}`),
)

const parameter: fc.Arbitrary<Parameter> = fc.oneof(
  fc.record({ kind: fc.constant('heartbeat-info' as const), info: bytes }),
  fc.record({ kind: fc.constant('address' as const), address }),
  fc.record({ kind: fc.constant('cookie' as const), cookie: bytes }),
  fc.record({ kind: fc.constant('unrecognized' as const), parameter: bytes }),
  fc.record({ kind: fc.constant('cookie-preservative' as const), millis: uint32 }),
  fc.record({ kind: fc.constant('host-name' as const), name: bytes }),
  fc.record({
    kind: fc.constant('supported-address-types' as const),
    types: fc.array(uint16, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('ecn-capable' as const) }),
  fc.record({
    kind: fc.constant('unknown' as const),
    type: fc.integer({ min: 0x8001, max: 0xffff }),
    value: bytes,
  }),
)

const causes = fc.array(fc.record({ code: fc.integer({ min: 1, max: 13 }), information: bytes }), {
  maxLength: 3,
})

const gaps = fc.uniqueArray(fc.integer({ min: 2, max: 0xffff }), { maxLength: 12 }).map((edges) => {
  const sorted = edges.toSorted((a, b) => a - b)
  return Array.from({ length: sorted.length >>> 1 }, (_, index) => ({
    start: sorted[index * 2] ?? 0,
    end: sorted[index * 2 + 1] ?? 0,
  }))
})

/** Any chunk that RFC 9260 defines, and some that it does not. */
export const chunk: fc.Arbitrary<Chunk> = fc.oneof(
  fc.record({
    kind: fc.constant('data' as const),
    tsn: uint32,
    stream: uint16,
    sequence: uint16,
    protocolId: uint32,
    unordered: fc.boolean(),
    beginning: fc.boolean(),
    ending: fc.boolean(),
    immediate: fc.boolean(),
    data: bytes,
  }),
  fc.record({
    kind: fc.constantFrom('init' as const, 'init-ack' as const),
    initiateTag: uint32,
    window: uint32,
    outboundStreams: uint16,
    inboundStreams: uint16,
    initialTsn: uint32,
    parameters: fc.array(parameter, { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('sack' as const),
    cumulativeTsn: uint32,
    window: uint32,
    gaps,
    duplicates: fc.array(uint32, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constantFrom('heartbeat' as const, 'heartbeat-ack' as const), info: bytes }),
  fc.record({ kind: fc.constant('abort' as const), reflected: fc.boolean(), causes }),
  fc.record({ kind: fc.constant('error' as const), causes }),
  fc.record({ kind: fc.constant('shutdown' as const), cumulativeTsn: uint32 }),
  fc.record({ kind: fc.constant('cookie-echo' as const), cookie: bytes }),
  fc.record({ kind: fc.constant('shutdown-complete' as const), reflected: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('shutdown-ack' as const, 'cookie-ack' as const) }),
  fc.record({ kind: fc.constantFrom('ecne' as const, 'cwr' as const), lowestTsn: uint32 }),
  fc.record({ kind: fc.constant('pad' as const), bytes: fc.nat(2000) }),
  fc.tuple(fc.integer({ min: 15, max: 131 }), bytes).map(([type, value]) => ({
    kind: 'unknown' as const,
    type,
    chunk: Uint8Array.from([type, 0, 0, value.length + 4, ...value]),
  })),
)
