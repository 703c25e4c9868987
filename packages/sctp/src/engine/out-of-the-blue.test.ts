import { expect, test } from 'vitest'

import { VirtualNetwork } from '../testing/virtual-network.testing.ts'
import type { Chunk } from '../wire/chunk.ts'

/** What a host answers to chunks that belong to no association, with the tag 0x1234. */
function replyTo(chunks: Chunk[], from = '192.0.2.2'): { tag: number; chunks: Chunk[] }[] {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const stranger = network.host({ address: from, listening: false })
  network.remove(stranger)
  stranger.sendPacket(
    { sourcePort: 4000, destinationPort: 7, verificationTag: 0x1234, chunks },
    server,
  )
  network.pass(60_000)
  expect(server.engine.table.size).toBe(0)
  return network.sent
    .slice(1)
    .map(({ packet }) => ({ tag: packet.verificationTag, chunks: packet.chunks }))
}

const data: Chunk = {
  kind: 'data',
  tsn: 1,
  stream: 0,
  sequence: 0,
  protocolId: 0,
  unordered: false,
  beginning: true,
  ending: true,
  immediate: false,
  data: Uint8Array.from([1]),
}
const stale: Chunk = { kind: 'error', causes: [{ code: 3, information: new Uint8Array(4) }] }

test.each<[string, Chunk[]]>([
  ['ABORT', [{ kind: 'abort', reflected: false, causes: [] }]],
  ['DATA with ABORT', [data, { kind: 'abort', reflected: true, causes: [] }]],
  ['SHUTDOWN COMPLETE', [{ kind: 'shutdown-complete', reflected: false }]],
  ['COOKIE ACK', [{ kind: 'cookie-ack' }]],
  ['a stale cookie ERROR', [stale]],
  ['COOKIE ECHO with a cookie not ours', [{ kind: 'cookie-echo', cookie: new Uint8Array(90) }]],
])('%s gets no answer', (_what, chunks) => {
  expect(replyTo(chunks)).toEqual([])
})

test('SHUTDOWN ACK is answered with SHUTDOWN COMPLETE, the tag reflected', () => {
  const [answer] = replyTo([{ kind: 'shutdown-ack' }])
  expect(answer).toEqual({ tag: 0x1234, chunks: [{ kind: 'shutdown-complete', reflected: true }] })
})

test.each<[string, Chunk[]]>([
  ['DATA', [data]],
  ['SACK', [{ kind: 'sack', cumulativeTsn: 1, window: 1, gaps: [], duplicates: [] }]],
  ['HEARTBEAT', [{ kind: 'heartbeat', info: new Uint8Array(4) }]],
  ['SHUTDOWN', [{ kind: 'shutdown', cumulativeTsn: 1 }]],
])('%s is answered with ABORT, the tag reflected', (_what, chunks) => {
  const answers = replyTo(chunks)
  expect(answers).toEqual([
    { tag: 0x1234, chunks: [{ kind: 'abort', reflected: true, causes: [] }] },
  ])
})

test.each(['224.0.0.1', '255.255.255.255', 'ff02::1', '0.0.0.0'])(
  'a packet that says it is from %s gets no answer',
  (from) => expect(replyTo([data], from)).toEqual([]),
)
