import { expect, test } from 'vitest'

import type { VirtualHost } from '../testing/virtual-network.testing.ts'
import { VirtualNetwork, routeOf } from '../testing/virtual-network.testing.ts'
import { collisionVerdict } from './accept-cookie.ts'

const association = { localTag: 1, peerTag: 2, state: 'ESTABLISHED' as const }

test.each([
  ['A', 'restart', { localTag: 9, peerTag: 8, localTieTag: 1, peerTieTag: 2 }],
  ['B', 'adopt', { localTag: 1, peerTag: 8, localTieTag: 0, peerTieTag: 0 }],
  ['C', 'discard', { localTag: 9, peerTag: 2, localTieTag: 0, peerTieTag: 0 }],
  ['D', 'confirm', { localTag: 1, peerTag: 2, localTieTag: 1, peerTieTag: 2 }],
  ['none', 'discard', { localTag: 9, peerTag: 8, localTieTag: 0, peerTieTag: 0 }],
])('table 12, case %s: %s', (_case, verdict, cookie) => {
  expect(collisionVerdict(cookie, association)).toBe(verdict)
})

const text = (data: Uint8Array) => new TextDecoder().decode(data)
const bytes = (data: string) => new TextEncoder().encode(data)

function pair(network: VirtualNetwork): [VirtualHost, VirtualHost] {
  return [network.host({ address: '192.0.2.1' }), network.host({ address: '192.0.2.2' })]
}

test('case A: a peer that was killed and comes back restarts its association', () => {
  const network = new VirtualNetwork()
  const [server, client] = pair(network)
  const first = client.associate(server)
  network.pass(100)
  client.send(first, { data: bytes('before') })
  network.pass(100)
  network.remove(client)
  const [up] = server.notifications
  server.send(up?.association ?? 0, { data: bytes('lost with the peer') })
  const again = network.host({ address: '192.0.2.2' })
  const second = again.associate(server)
  network.pass(100)
  again.send(second, { data: bytes('after') })
  server.send(up?.association ?? 0, { data: bytes('hello again') })
  network.pass(100)
  expect(server.told).toEqual(['association-up', 'send-failed', 'association-up'])
  expect(server.notifications.at(-1)).toMatchObject({
    restarted: true,
    association: up?.association,
  })
  expect(server.messages.map(({ data }) => text(data))).toEqual(['before', 'after'])
  expect(again.messages.map(({ data }) => text(data))).toEqual(['hello again'])
  expect(server.engine.table.size).toBe(1)
})

test('case A while shutting down: the old association is ended first, then the new one comes up', () => {
  const network = new VirtualNetwork()
  const [server, client] = pair(network)
  client.associate(server)
  network.pass(100)
  network.drop = ({ packet }) => packet.chunks.some(({ kind }) => kind === 'shutdown-ack')
  client.shutdown(1)
  network.pass(100)
  expect(server.state(1)).toBe('SHUTDOWN-ACK-SENT')
  network.drop = () => false
  const again = network.host({ address: '192.0.2.2' })
  const second = again.associate(server)
  network.pass(10_000)
  expect(again.state(second)).toBe('ESTABLISHED')
  expect(server.told).toEqual(['association-up', 'shutdown', 'shutdown-complete', 'association-up'])
})

test('case B: both sides begin at the same moment, and one association comes of it', () => {
  const network = new VirtualNetwork()
  const [one, two] = pair(network)
  const a = one.associate(two)
  const b = two.associate(one)
  network.pass(500)
  one.send(a, { data: bytes('from one') })
  two.send(b, { data: bytes('from two') })
  network.pass(500)
  expect([one.state(a), two.state(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED'])
  expect([one.engine.table.size, two.engine.table.size]).toEqual([1, 1])
  expect(two.messages.map(({ data }) => text(data))).toEqual(['from one'])
  expect(one.messages.map(({ data }) => text(data))).toEqual(['from two'])
})

test('case B: the other INIT arrives while the local COOKIE ECHO is in flight', () => {
  const network = new VirtualNetwork()
  const [one, two] = pair(network)
  network.drop = ({ packet, from }) =>
    from.address === '192.0.2.1' && packet.chunks.some(({ kind }) => kind === 'cookie-echo')
  const a = one.associate(two)
  network.pass(50)
  expect(one.state(a)).toBe('COOKIE-ECHOED')
  const b = two.associate(one)
  network.pass(200)
  expect([one.state(a), two.state(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED'])
  one.send(a, { data: bytes('x') })
  network.pass(100)
  expect(two.messages).toHaveLength(1)
})

test('case C: a cookie that comes late changes nothing', () => {
  const network = new VirtualNetwork()
  const [server, client] = pair(network)
  const a = client.associate(server)
  network.pass(100)
  const former = network.sent.find(({ packet }) => packet.chunks[0]?.kind === 'cookie-echo')
  const again = network.host({ address: '192.0.2.2' })
  const b = again.associate(server)
  network.pass(100)
  expect(again.state(b)).toBe('ESTABLISHED')
  const before = network.sent.length
  if (former) server.receive(former.bytes, routeOf(former))
  network.pass(100)
  expect(network.sent).toHaveLength(before)
  again.send(b, { data: bytes('still here') })
  network.pass(100)
  expect(server.messages).toHaveLength(1)
  expect(a).toBe(1)
})

test('case D: a COOKIE ECHO that is repeated is answered again', () => {
  const network = new VirtualNetwork()
  const [server, client] = pair(network)
  let dropped = 0
  network.drop = ({ packet }) => packet.chunks[0]?.kind === 'cookie-ack' && (dropped += 1) <= 2
  const a = client.associate(server)
  network.pass(5000)
  expect(dropped).toBe(3)
  expect(client.state(a)).toBe('ESTABLISHED')
  expect(server.told).toEqual(['association-up'])
})

test('a restart that brings new addresses along is refused', () => {
  const network = new VirtualNetwork()
  const [server, client] = pair(network)
  client.associate(server)
  network.pass(100)
  client.sendPacket(
    {
      sourcePort: 7,
      destinationPort: 7,
      verificationTag: 0,
      chunks: [
        {
          kind: 'init',
          initiateTag: 77,
          window: 9000,
          outboundStreams: 1,
          inboundStreams: 1,
          initialTsn: 1,
          parameters: [{ kind: 'address', address: '198.51.100.9' }],
        },
      ],
    },
    server,
  )
  network.pass(100)
  const answer = network.sent.at(-1)?.packet
  expect(answer?.verificationTag).toBe(77)
  expect(answer?.chunks).toMatchObject([{ kind: 'abort', causes: [{ code: 11 }] }])
  expect(server.state(1)).toBe('ESTABLISHED')
})
