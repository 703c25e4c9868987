import { expect, test } from 'vitest'

import { VirtualNetwork, routeOf } from '../testing/virtual-network.testing.ts'
import type { Chunk, InitChunk } from '../wire/chunk.ts'
import type { Parameter } from '../wire/parameter.ts'

const init = (changes: Partial<InitChunk> = {}): InitChunk => ({
  kind: 'init',
  initiateTag: 0xabcd,
  window: 9000,
  outboundStreams: 3,
  inboundStreams: 5,
  initialTsn: 100,
  parameters: [],
  ...changes,
})

/** What a server answers to one INIT from a peer that never says more. */
function answersTo(chunk: InitChunk, verificationTag = 0): Chunk[] {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const peer = network.host({ address: '192.0.2.2' })
  network.remove(peer)
  const packet = { sourcePort: 4000, destinationPort: 7, verificationTag, chunks: [chunk] }
  peer.sendPacket(packet, server)
  network.pass(60_000)
  expect(server.engine.table.size).toBe(0)
  expect(server.engine.nextDeadline).toBe(Infinity)
  return network.sent.slice(1).flatMap((flight) => flight.packet.chunks)
}

test('an INIT is answered, and leaves no state and no timer behind', () => {
  const answers = answersTo(init())
  expect(answers).toMatchObject([{ kind: 'init-ack', outboundStreams: 16, inboundStreams: 2048 }])
})

test.each<[string, Partial<InitChunk>]>([
  ['no outbound streams', { outboundStreams: 0 }],
  ['no inbound streams', { inboundStreams: 0 }],
  ['a window below 1,500 bytes', { window: 1499 }],
])('an INIT with %s is answered with ABORT', (_what, changes) => {
  expect(answersTo(init(changes))).toMatchObject([{ kind: 'abort', causes: [{ code: 7 }] }])
})

test('an INIT with a host name is answered with ABORT', () => {
  const parameters: Parameter[] = [{ kind: 'host-name', name: Uint8Array.from([97, 0]) }]
  expect(answersTo(init({ parameters }))).toMatchObject([{ kind: 'abort', causes: [{ code: 5 }] }])
})

test('an INIT with tag 0 inside, or a tag outside, gets no answer', () => {
  expect(answersTo(init({ initiateTag: 0 }))).toEqual([])
  expect(answersTo(init(), 5)).toEqual([])
})

test('unknown parameters are skipped, reported or end the list, by their high bits', () => {
  const value = Uint8Array.from([1, 2, 3, 4])
  const unknown = (type: number): Parameter => ({ kind: 'unknown', type, value })
  const [answer] = answersTo(
    init({ parameters: [unknown(0x8fff), unknown(0xcfff), unknown(0x4fff), unknown(0xcffe)] }),
  )
  const reported = answer?.kind === 'init-ack' ? answer.parameters.slice(1) : []
  expect(reported).toMatchObject([
    { kind: 'unrecognized', parameter: Uint8Array.from([0xcf, 0xff, 0, 8, 1, 2, 3, 4]) },
    { kind: 'unrecognized', parameter: Uint8Array.from([0x4f, 0xff, 0, 8, 1, 2, 3, 4]) },
  ])
})

test('a server that does not listen, or is full, answers INIT with ABORT, an error for the client', () => {
  const network = new VirtualNetwork()
  const deaf = network.host({ address: '192.0.2.1', listening: false })
  const full = network.host({ address: '192.0.2.3', parameters: { maximumAssociations: 0 } })
  const client = network.host({ address: '192.0.2.2' })
  client.associate(deaf)
  client.associate(full)
  network.pass(100)
  expect(client.told).toEqual(['association-lost', 'association-lost'])
  expect(client.notifications[0]).toMatchObject({ error: { name: 'PeerAbortedError' } })
})

test('the streams of both directions are the lesser of the requested and the permitted number', () => {
  const network = new VirtualNetwork()
  const server = network.host({
    address: '192.0.2.1',
    parameters: { outboundStreams: 10, inboundStreams: 4 },
  })
  const client = network.host({
    address: '192.0.2.2',
    parameters: { outboundStreams: 9, inboundStreams: 6 },
  })
  client.associate(server)
  network.pass(100)
  expect(client.notifications[0]).toMatchObject({ outboundStreams: 4, inboundStreams: 6 })
  expect(server.notifications[0]).toMatchObject({ outboundStreams: 6, inboundStreams: 4 })
})

test('a peer that never answers is given up after the retransmissions of INIT', () => {
  const network = new VirtualNetwork({ loss: 1 })
  const client = network.host({ address: '192.0.2.2' })
  const at: number[] = []
  network.drop = () => at.push(network.now - 1000) > 0
  client.engine.associate({ address: '192.0.2.1', port: 9899, local: '192.0.2.2' }, 7, network.now)
  client.flush()
  network.pass(1_000_000)
  expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183].map((seconds) => seconds * 1000))
  expect(client.notifications).toMatchObject([
    { type: 'association-lost', error: { name: 'PeerUnreachableError' } },
  ])
})

test('lost packets of the handshake are repeated', () => {
  const network = new VirtualNetwork()
  const lost = new Set<string>()
  network.drop = ({ packet }) => {
    const kind = packet.chunks[0]?.kind ?? ''
    if (lost.has(kind)) return false
    lost.add(kind)
    return true
  }
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  const association = client.associate(server)
  network.pass(20_000)
  expect([...lost]).toEqual(
    expect.arrayContaining(['init', 'init-ack', 'cookie-echo', 'cookie-ack']),
  )
  expect(client.state(association)).toBe('ESTABLISHED')
})

test('a cookie is good for its life, for its peer, and at the address that gave it only', () => {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  network.drop = ({ packet }) => packet.chunks[0]?.kind === 'cookie-echo'
  client.associate(server)
  network.pass(100)
  const echo = network.sent.at(-1)
  expect(echo?.packet.chunks[0]?.kind).toBe('cookie-echo')
  if (!echo) throw new Error('no COOKIE ECHO')
  const route = routeOf(echo)
  for (const change of [{ address: '192.0.2.3' }, { port: 1 }, { local: '192.0.2.4' }]) {
    const other = { ...route, ...change }
    expect(server.engine.receive(echo.bytes, other, network.now)).toBe('refused-cookie')
  }
  expect(server.engine.receive(echo.bytes, route, network.now + 61_000)).toBe('refused-cookie')
  expect(network.sent.at(-1)?.packet.chunks).toMatchObject([
    { kind: 'error', causes: [{ code: 3 }] },
  ])
  expect(server.engine.table.size).toBe(0)
  expect(server.engine.receive(echo.bytes, route, network.now + 50_000)).toBe('cookie')
})

test('a host with two addresses answers from the destination address, and they are two peers', () => {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const second = { ...server.at, address: '198.51.100.1' }
  network.alias(server, second)
  const client = network.host({ address: '192.0.2.2' })
  const ids = [server.at, second].map((at) =>
    client.engine.associate({ ...at, local: client.at.address }, 7, network.now),
  )
  client.flush()
  network.pass(100)
  expect(ids.map((id) => client.state(id))).toEqual(['ESTABLISHED', 'ESTABLISHED'])
  server.send(2, { data: Uint8Array.from([2]) })
  network.pass(100)
  expect(client.messages).toMatchObject([{ association: ids[1] }])
  expect(network.sent.filter(({ from }) => from.address === second.address)).toHaveLength(3)
})

test('a cookie outlives one change of the secret', () => {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  network.now += 119_990
  network.drop = ({ packet }) => packet.chunks[0]?.kind === 'cookie-echo'
  client.associate(server)
  network.pass(100)
  const echo = network.sent.at(-1)
  if (!echo) throw new Error('no COOKIE ECHO')
  expect(server.engine.receive(echo.bytes, routeOf(echo), network.now + 30_000)).toBe('cookie')
})

test('a client whose cookie was stale starts again and requests a longer cookie lifetime', () => {
  const network = new VirtualNetwork({ delayMillis: 200 })
  const server = network.host({ address: '192.0.2.1', parameters: { cookieLifeMillis: 300 } })
  const client = network.host({ address: '192.0.2.2' })
  const association = client.associate(server)
  network.pass(10_000)
  expect(client.state(association)).toBe('ESTABLISHED')
  const inits = network.sent.flatMap(({ packet }) =>
    packet.chunks.flatMap((chunk) => (chunk.kind === 'init' ? [chunk] : [])),
  )
  expect(inits.at(-1)?.parameters).toMatchObject([{ kind: 'cookie-preservative' }])
})

test('two clients behind one address translator are two associations', () => {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const one = network.host({ address: '192.0.2.2', udpPort: 5001 })
  const two = network.host({ address: '192.0.2.2', udpPort: 5002 })
  one.associate(server)
  two.associate(server)
  network.pass(100)
  expect(server.told).toEqual(['association-up', 'association-up'])
  expect(server.engine.table.size).toBe(2)
})

test('a new UDP port is learned from a packet with the right tag, not from one with a wrong one', () => {
  const network = new VirtualNetwork()
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  const association = client.associate(server)
  network.pass(100)
  client.send(association, { data: Uint8Array.from([1]) })
  const data = network.sent.at(-1)
  if (!data) throw new Error('no DATA')
  const from = { address: '192.0.2.2', port: 4242 }
  const forged = data.bytes.slice()
  forged[4] = (forged[4] ?? 0) ^ 1
  server.receive(forged, { ...routeOf(data), ...from })
  expect(server.engine.table.byId(1)?.paths.primary.to.port).toBe(9899)
  server.receive(data.bytes, { ...routeOf(data), ...from })
  expect(server.engine.table.byId(1)?.paths.primary.to.port).toBe(4242)
  expect(server.notifications.at(-1)).toMatchObject({ type: 'peer-address', state: 'port-changed' })
})
