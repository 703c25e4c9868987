import { expect, test } from 'vitest'

import { VirtualNetwork, type Faults } from '../testing/virtual-network.testing.ts'

function established(faults: Faults = {}) {
  const network = new VirtualNetwork(faults)
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  const id = client.associate(server)
  network.run(3_600_000, () => client.state(id) === 'ESTABLISHED')
  return { network, server, client, id }
}

test('a shutdown delivers all that was sent, in three steps', () => {
  const { network, server, client, id } = established()
  for (let index = 0; index < 300; index += 1) client.send(id, { data: new Uint8Array(1000) })
  client.shutdown(id)
  expect(() => client.send(id, { data: new Uint8Array(1) })).toThrow('closed')
  network.pass(10_000)
  expect(server.messages).toHaveLength(300)
  expect(server.told).toEqual(['association-up', 'shutdown', 'shutdown-complete'])
  expect(client.told).toEqual(['association-up', 'shutdown-complete'])
  const steps = network.sent
    .flatMap(({ packet }) => packet.chunks.map(({ kind }) => kind))
    .filter((kind) => kind.startsWith('shutdown'))
  expect(steps).toEqual(['shutdown', 'shutdown-ack', 'shutdown-complete'])
})

test('what the other side had still to send arrives before the end', () => {
  const { network, server, client, id } = established()
  for (let index = 0; index < 300; index += 1) server.send(1, { data: new Uint8Array(1000) })
  client.shutdown(id)
  network.pass(10_000)
  expect(client.messages).toHaveLength(300)
  expect(server.told.at(-1)).toBe('shutdown-complete')
})

test('messages that were not read yet are handed over before the end', () => {
  const { network, server, client, id } = established()
  server.pause(1)
  client.send(id, { data: new Uint8Array(5) })
  client.shutdown(id)
  network.pass(10_000)
  expect(server.messages).toHaveLength(1)
})

test('both sides may shut down at the same moment', () => {
  const { network, server, client, id } = established()
  client.shutdown(id)
  server.shutdown(1)
  network.pass(10_000)
  expect([client.state(id), server.state(1)]).toEqual(['CLOSED', 'CLOSED'])
  expect([client.told.at(-1), server.told.at(-1)]).toEqual([
    'shutdown-complete',
    'shutdown-complete',
  ])
})

test.each([1, 2, 3, 4, 5, 6])('lost steps of a shutdown are repeated (seed %i)', (seed) => {
  const { network, server, client, id } = established({ loss: 0.3, seed })
  client.send(id, { data: new Uint8Array(100) })
  client.shutdown(id)
  network.pass(600_000)
  expect([client.told.at(-1), server.told.at(-1)]).toEqual([
    'shutdown-complete',
    'shutdown-complete',
  ])
  expect(server.messages).toHaveLength(1)
})

test('an abort ends both sides at once, with its cause', () => {
  const { network, server, client, id } = established()
  client.engine.abort(id, [{ code: 12, information: new TextEncoder().encode('bye') }], network.now)
  network.pass(100)
  expect(client.told.at(-1)).toBe('association-lost')
  expect(server.notifications.at(-1)).toMatchObject({
    type: 'association-lost',
    error: {
      name: 'PeerAbortedError',
      message: 'association 1: aborted by the peer (user-initiated abort: bye)',
      causes: [{ code: 12 }],
    },
  })
  const aborts = network.sent.filter(({ packet }) => packet.chunks[0]?.kind === 'abort')
  expect(aborts).toHaveLength(1)
})

test('an ABORT whose tag is neither the local one nor the reflected one of the peer is ignored', () => {
  const { network, server, client, id } = established()
  const tag = client.engine.table.byId(id)?.localTag ?? 0
  const forge = (verificationTag: number, reflected: boolean) => {
    const chunks = [{ kind: 'abort' as const, reflected, causes: [] }]
    client.sendPacket({ sourcePort: 7, destinationPort: 7, verificationTag, chunks }, server)
    network.pass(100)
  }
  forge(1234, false)
  forge(1234, true)
  forge(tag, false)
  forge(server.engine.table.byId(1)?.localTag ?? 0, true)
  expect(server.state(1)).toBe('ESTABLISHED')
  forge(tag, true)
  expect(server.told.at(-1)).toBe('association-lost')
})

test('a peer that died under data is detected, and every unacknowledged message is returned', () => {
  const { network, server, client, id } = established()
  client.send(id, { data: Uint8Array.from([1]) })
  network.pass(1000)
  network.remove(server)
  client.send(id, { stream: 2, protocolId: 9, data: Uint8Array.from([2]) })
  client.send(id, { data: new Uint8Array(4000).fill(3) })
  network.pass(3_600_000)
  expect(client.told).toEqual([
    'association-up',
    'peer-address',
    'send-failed',
    'send-failed',
    'association-lost',
  ])
  const [, unreachable, first, second, lost] = client.notifications
  expect(unreachable).toMatchObject({ state: 'unreachable' })
  expect(first).toMatchObject({ stream: 2, protocolId: 9, data: Buffer.from([2]), sent: true })
  expect(second).toMatchObject({ data: Buffer.alloc(4000, 3) })
  expect(lost).toMatchObject({ error: { name: 'PeerUnreachableError' } })
  expect(client.engine.table.size).toBe(0)
})

test('every undelivered message is given back once and whole, sent or not, acknowledged in part or not', () => {
  const { network, client, id } = established()
  client.send(id, { data: new Uint8Array(100).fill(1) })
  network.pass(1000)
  // Of what follows only the first packet arrives, which is the beginning of the second message.
  let packets = 0
  network.drop = ({ packet }) => packet.chunks[0]?.kind === 'data' && (packets += 1) > 1
  for (const [index, size] of [5000, 10, 20_000, 30].entries()) {
    client.send(id, { stream: index, data: new Uint8Array(size).fill(index + 2) })
  }
  network.pass(600)
  const outbound = client.engine.table.byId(id)?.transfer?.outbound
  expect(outbound?.waiting.length).toBeGreaterThan(0)
  client.abort(id)
  const failed = client.notifications.flatMap((each) =>
    each.type === 'send-failed' ? [[each.stream, each.data.length, each.sent]] : [],
  )
  expect(failed).toEqual([
    [0, 5000, true],
    [1, 10, true],
    [2, 20_000, true],
    [3, 30, false],
  ])
})

test('a peer that died while idle is detected by the missing heartbeats', () => {
  const { network, server, client } = established()
  network.pass(120_000)
  expect(client.told).toEqual(['association-up'])
  network.remove(server)
  network.pass(3_600_000)
  expect(client.told).toEqual(['association-up', 'peer-address', 'association-lost'])
})

test('a network that comes back in time is reported too', () => {
  const { network, client, id } = established()
  network.pass(1000)
  network.drop = () => true
  client.send(id, { data: new Uint8Array(1) })
  network.run(network.now + 600_000, () => client.told.includes('peer-address'))
  network.drop = () => false
  network.pass(120_000)
  const states = client.notifications.flatMap((each) =>
    each.type === 'peer-address' ? [each.state] : [],
  )
  expect(states).toEqual(['unreachable', 'available'])
  expect(client.state(id)).toBe('ESTABLISHED')
})

test('DATA without data ends the association', () => {
  const { network, server, client, id } = established()
  const association = client.engine.table.byId(id)
  association?.sendControl([
    {
      kind: 'data',
      tsn: association.initialTsn,
      stream: 0,
      sequence: 0,
      protocolId: 0,
      unordered: false,
      beginning: true,
      ending: true,
      immediate: false,
      data: new Uint8Array(0),
    },
  ])
  network.pass(100)
  expect(server.told.at(-1)).toBe('association-lost')
  expect(client.notifications.at(-1)).toMatchObject({ error: { causes: [{ code: 9 }] } })
})

const unknown = (type: number) => ({
  kind: 'unknown' as const,
  type,
  chunk: Uint8Array.from([type, 0, 0, 4]),
})

test('a packet full of HEARTBEATs has one answer', () => {
  const { network, client, id } = established()
  const heartbeats = Array.from({ length: 100 }, (_, index) => ({
    kind: 'heartbeat' as const,
    info: Uint8Array.from([index]),
  }))
  client.engine.table.byId(id)?.sendControl(heartbeats)
  const before = network.sent.length
  network.pass(100)
  const answers = network.sent.slice(before).flatMap(({ packet }) => packet.chunks)
  expect(answers).toEqual([{ kind: 'heartbeat-ack', info: Uint8Array.from([0]) }])
})

test('an unknown chunk is reported, skipped, or ends its packet, by its high bits', () => {
  const { network, server, client, id } = established()
  const info = Uint8Array.from([1])
  client.engine.table
    .byId(id)
    ?.sendControl([unknown(0xbf), unknown(0xff), unknown(0x3f), { kind: 'heartbeat', info }])
  const before = network.sent.length
  network.pass(100)
  const answers = network.sent.slice(before).flatMap(({ packet }) => packet.chunks)
  expect(answers).toMatchObject([
    { kind: 'error', causes: [{ code: 6, information: Uint8Array.from([0xff, 0, 0, 4]) }] },
  ])
  expect(server.state(1)).toBe('ESTABLISHED')
})
