import { expect, test } from 'vitest'

import type { ProtocolParameters } from '../association/protocol-parameters.ts'
import type { VirtualHost } from '../testing/virtual-network.testing.ts'
import { VirtualNetwork, routeOf, type Faults } from '../testing/virtual-network.testing.ts'
import type { Chunk, DataChunk } from '../wire/chunk.ts'

interface Pair {
  network: VirtualNetwork
  server: VirtualHost
  client: VirtualHost
  /** The client's number of the association. */
  id: number
}

function established(faults: Faults = {}, parameters: Partial<ProtocolParameters> = {}): Pair {
  const network = new VirtualNetwork(faults)
  const server = network.host({ address: '192.0.2.1', parameters })
  const client = network.host({ address: '192.0.2.2', parameters })
  const id = client.associate(server)
  network.run(10_000, () => client.state(id) === 'ESTABLISHED')
  network.sent.length = 0
  return { network, server, client, id }
}

const chunksFrom = ({ network }: Pair, host: VirtualHost): Chunk[] =>
  network.sent
    .filter(({ from }) => from.address === host.at.address)
    .flatMap(({ packet }) => packet.chunks)

const isData = (chunk: Chunk): chunk is DataChunk => chunk.kind === 'data'

test('a message of 100,000 bytes goes in fragments and arrives whole', () => {
  const pair = established()
  const data = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
  pair.client.send(pair.id, { stream: 3, protocolId: 0x01020304, data })
  pair.network.pass(5000)
  expect(pair.server.messages).toEqual([
    expect.objectContaining({ stream: 3, sequence: 0, protocolId: 0x01020304, data }),
  ])
  const fragments = chunksFrom(pair, pair.client).filter(isData)
  expect(fragments.length).toBe(Math.ceil(100_000 / 1444))
  for (const { bytes } of pair.network.sent) expect(bytes.length).toBeLessThanOrEqual(1472)
})

test('small messages sent together share a packet', () => {
  const { client, id, network } = established()
  const { engine } = client
  for (let index = 0; index < 10; index += 1) {
    engine.table.byId(id)?.transfer?.outbound.enqueue({ data: new Uint8Array(20) }, 1444)
  }
  engine.markPending(engine.table.byId(id) as never)
  client.flush()
  expect(network.sent).toHaveLength(1)
  expect(network.sent[0]?.packet.chunks).toHaveLength(10)
})

test('an ordered message waits for a lost one of its stream; other streams and unordered ones do not', () => {
  const { client, server, id, network } = established()
  let first = true
  network.drop = ({ packet }) => packet.chunks.some(isData) && first && !(first = false)
  client.send(id, { stream: 0, data: Uint8Array.from([1]) })
  client.send(id, { stream: 0, data: Uint8Array.from([2]) })
  client.send(id, { stream: 1, data: Uint8Array.from([3]) })
  client.send(id, { stream: 0, unordered: true, data: Uint8Array.from([4]) })
  network.pass(15)
  expect(server.messages.map(({ data }) => data[0])).toEqual([3, 4])
  network.pass(5000)
  expect(server.messages.map(({ data }) => data[0])).toEqual([3, 4, 1, 2])
})

test('a lost chunk is sent again after three reports, long before the timer', () => {
  const { client, server, id, network } = established()
  let first = true
  network.drop = ({ packet }) => packet.chunks.some(isData) && first && !(first = false)
  for (let index = 0; index < 5; index += 1) client.send(id, { data: Uint8Array.from([index]) })
  network.pass(200)
  expect(server.messages.map(({ data }) => data[0])).toEqual([0, 1, 2, 3, 4])
})

test('the second packet is acknowledged at once, a single one after 200 ms', () => {
  const { client, server, id, network } = established()
  client.send(id, { data: Uint8Array.from([1]) })
  network.pass(150)
  expect(chunksFrom({ network, server, client, id }, server)).toEqual([])
  network.pass(100)
  expect(chunksFrom({ network, server, client, id }, server)).toMatchObject([{ kind: 'sack' }])
  client.send(id, { data: Uint8Array.from([2]) })
  client.send(id, { data: Uint8Array.from([3]) })
  network.pass(20)
  expect(chunksFrom({ network, server, client, id }, server)).toHaveLength(2)
})

test('a SACK reports gaps and duplicates', () => {
  const pair = established()
  let first = true
  pair.network.drop = ({ packet }) => packet.chunks.some(isData) && first && !(first = false)
  pair.client.send(pair.id, { data: Uint8Array.from([1]) })
  pair.client.send(pair.id, { data: Uint8Array.from([2]) })
  const second = pair.network.sent.at(-1)
  pair.network.pass(15)
  if (second) pair.server.receive(second.bytes, routeOf(second))
  const sacks = chunksFrom(pair, pair.server)
  expect(sacks[0]).toMatchObject({ gaps: [{ start: 2, end: 2 }], duplicates: [] })
  expect(sacks[1]).toMatchObject({ gaps: [{ start: 2, end: 2 }], duplicates: [expect.any(Number)] })
})

test('while the user reads nothing the window closes, and all arrives once he reads again', () => {
  const pair = established({}, { receiveBufferBytes: 20_000 })
  const { client, server, id, network } = pair
  server.pause(1)
  for (let index = 0; index < 100; index += 1)
    client.send(id, { data: new Uint8Array(1000).fill(index) })
  network.pass(30_000)
  expect(server.messages).toHaveLength(0)
  const received = server.engine.table.byId(1)?.transfer?.inbound
  expect(received?.window).toBeLessThan(1500)
  expect(client.state(id)).toBe('ESTABLISHED')
  const sent = chunksFrom(pair, client).filter(isData)
  expect(new Set(sent.map(({ tsn }) => tsn)).size).toBeLessThanOrEqual(21)
  server.resume(1)
  network.pass(100)
  expect(server.messages.length).toBeGreaterThan(12)
  network.pass(60_000)
  expect(server.messages.map(({ data }) => data[0])).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  )
})

test('a window closed for an hour does not end the association', () => {
  const { client, server, id, network } = established({}, { receiveBufferBytes: 20_000 })
  server.pause(1)
  for (let index = 0; index < 50; index += 1) client.send(id, { data: new Uint8Array(1000) })
  network.pass(3_600_000)
  expect(client.told.filter((type) => type !== 'drain')).toEqual(['association-up'])
  server.resume(1)
  network.pass(120_000)
  expect(server.messages).toHaveLength(50)
})

test('a window that opened is detected even if its announcement was lost', () => {
  const { client, server, id, network } = established({}, { receiveBufferBytes: 20_000 })
  server.pause(1)
  for (let index = 0; index < 50; index += 1) client.send(id, { data: new Uint8Array(1000) })
  network.pass(10_000)
  network.drop = ({ from }) => from.address === '192.0.2.1'
  server.resume(1)
  network.pass(1000)
  network.drop = () => false
  network.pass(120_000)
  expect(server.messages).toHaveLength(50)
})

test('the send buffer, each chunk counted with its overhead, reports when it is full and has room', () => {
  const { client, id, network } = established({}, { sendBufferBytes: 10_000 })
  const data = new Uint8Array(1000)
  const accepted = Array.from({ length: 8 }, () => client.send(id, { data }))
  expect(accepted).toEqual([...Array.from({ length: 7 }, () => true), false])
  expect(() => client.send(id, { data })).toThrow('send buffer full')
  network.pass(1000)
  expect(client.told.filter((type) => type === 'drain')).toEqual(['drain'])
  expect(client.send(id, { data })).toBe(true)
})

test.each([
  [{ stream: 16, data: new Uint8Array(1) }, 'stream 16: must be 0 to 15'],
  [{ stream: -1, data: new Uint8Array(1) }, 'stream -1: must be 0 to 15'],
  [{ data: new Uint8Array(0) }, 'data of 0 B: must be 1 to 262144 B'],
  [{ data: new Uint8Array(262_145) }, 'data of 262145 B: must be 1 to 262144 B'],
])('what cannot be sent is refused with the reason', (message, reason) => {
  const { client, id } = established()
  expect(() => client.send(id, message)).toThrow(new RangeError(reason))
})

test('a message longer than the stated maximum ends the association, with the reason for the peer', () => {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1', parameters: { maximumMessageBytes: 5000 } })
  const client = network.host({ address: '192.0.2.2' })
  const id = client.associate(server)
  network.pass(100)
  client.send(id, { data: new Uint8Array(5001) })
  network.pass(1000)
  expect(server.messages).toEqual([])
  expect(client.notifications.at(-1)).toMatchObject({
    type: 'association-lost',
    error: {
      name: 'PeerAbortedError',
      message:
        'association 1: aborted by the peer (out of resource, user-initiated abort: a message of more than 5000 B)',
    },
  })
})

test('data on a stream that does not exist are acknowledged and reported, and the rest goes on', () => {
  const pair = established()
  const { client, server, network, id } = pair
  client.send(id, { stream: 0, data: Uint8Array.from([1]) })
  network.pass(300)
  const association = client.engine.table.byId(id)
  association?.transfer?.outbound.enqueue({ stream: 5000, data: Uint8Array.from([9]) }, 1444)
  client.send(id, { stream: 0, data: Uint8Array.from([2]) })
  network.pass(1000)
  expect(server.messages.map(({ data }) => data[0])).toEqual([1, 2])
  expect(client.notifications.at(-1)).toMatchObject({ type: 'remote-error', causes: [{ code: 1 }] })
  expect(association?.transfer?.outbound.empty).toBe(true)
})

test('TSNs and stream sequence numbers wrap', () => {
  const { client, server, network, id } = established()
  const association = client.engine.table.byId(id)
  const far = server.engine.table.byId(1)
  for (let index = 0; index < 70_000; index += 1) {
    if (!client.send(id, { data: Uint8Array.from([1]) })) network.pass(100)
    if (index % 1000 === 0) network.pass(100)
    network.sent.length = 0
  }
  network.pass(10_000)
  expect(server.messages).toHaveLength(70_000)
  expect(association?.transfer?.outbound.empty).toBe(true)
  expect(far?.transfer?.inbound.heldBytes).toBe(0)
  // 70,000 messages, one flush each: seconds on a busy machine.
}, 60_000)

test('a SACK for what was never sent ends the association', () => {
  const { client, server, network, id } = established()
  client.send(id, { data: Uint8Array.from([1]) })
  network.pass(1000)
  const association = client.engine.table.byId(id)
  const cumulativeTsn = ((far(server)?.initialTsn ?? 0) + 5) >>> 0
  association?.sendControl([
    { kind: 'sack', cumulativeTsn, window: 9000, gaps: [], duplicates: [] },
  ])
  network.pass(100)
  expect(client.notifications.at(-1)).toMatchObject({ error: { causes: [{ code: 13 }] } })
})

const far = (server: VirtualHost) => server.engine.table.byId(1)

test('a peer that takes back what it had acknowledged gets it again', () => {
  const pair = established()
  const { client, server, network, id } = pair
  const first = far(server)?.initialTsn ?? 0
  network.drop = ({ from }) => from.address === server.at.address
  server.send(1, { data: Uint8Array.from([1]) })
  server.send(1, { data: Uint8Array.from([2]) })
  server.send(1, { data: Uint8Array.from([3]) })
  network.drop = () => false
  const say = (gaps: { start: number; end: number }[]) => {
    const cumulativeTsn = (first - 1) >>> 0
    const sack: Chunk = { kind: 'sack', cumulativeTsn, window: 9000, gaps, duplicates: [] }
    client.engine.table.byId(id)?.sendControl([sack])
    network.pass(15)
  }
  say([{ start: 2, end: 2 }])
  expect(far(server)?.transfer?.outbound.flight).toBe(2)
  say([{ start: 3, end: 3 }])
  say([])
  network.pass(60_000)
  expect(client.messages.map(({ data }) => data[0])).toEqual([1, 2, 3])
})

test('after a timeout one packet is sent, and the next timeout is twice as long', () => {
  const pair = established()
  const { client, network, id } = pair
  for (let index = 0; index < 4; index += 1) client.send(id, { data: new Uint8Array(1000) })
  network.pass(1000)
  network.sent.length = 0
  const at: number[] = []
  network.drop = () => at.push(network.now) > 0
  const began = network.now
  for (let index = 0; index < 4; index += 1) client.send(id, { data: new Uint8Array(1444) })
  network.pass(8000)
  const times = at.map((time) => Math.round((time - began) / 100) / 10)
  expect(times).toEqual([0, 0, 0, 0, 1, 3, 7])
})

test('a chunk that was sent twice gives no round trip', () => {
  const { client, network, id } = established()
  let first = true
  network.drop = () => first && !(first = false)
  client.send(id, { data: Uint8Array.from([1]) })
  network.pass(5000)
  const association = client.engine.table.byId(id)
  expect(association?.transfer?.outbound.empty).toBe(true)
  expect(association?.paths.primary.rto.smoothed).toBeUndefined()
})

test('the timer starts anew with every acknowledgement', () => {
  const pair = established({ delayMillis: 400 })
  const { client, network, id } = pair
  const sendTwo = () => {
    for (let index = 0; index < 2; index += 1) client.send(id, { data: new Uint8Array(1000) })
  }
  sendTwo()
  network.pass(700)
  sendTwo()
  network.pass(5000)
  expect(chunksFrom(pair, client).filter(isData)).toHaveLength(4)
})
