import { expect, test, vi } from 'vitest'

import { HostilePeer, dataAt as data } from '../testing/hostile-peer.testing.ts'
import { bytesInUse } from '../testing/memory.testing.ts'
import { VirtualNetwork, type VirtualHostOptions } from '../testing/virtual-network.testing.ts'
import { statusOf } from './user-requests.ts'

const BUFFER = 128 * 1024
// A thousand peers, and garbage collections between.
vi.setConfig({ testTimeout: 60_000 })

const MEBIBYTE = 1024 * 1024

/** A server whose peers are played by hand: nothing is remembered of what it sends. */
function server(parameters = {}, refusal?: VirtualHostOptions['refusal']) {
  const network = new VirtualNetwork()
  network.keepsSent = false
  network.drop = () => true
  const limits = { receiveBufferBytes: BUFFER, maximumMessageBytes: 64 * 1024, ...parameters }
  return {
    network,
    host: network.host({ address: '192.0.2.1', parameters: limits, ...(refusal && { refusal }) }),
  }
}

test('a peer that never sends the first chunk fills the receive buffer, and no more', () => {
  const { network, host } = server()
  const peer = new HostilePeer(network, host)
  peer.sendCookie()
  peer.received.length = 0
  const before = bytesInUse()
  const whole = { beginning: true, ending: true, data: new Uint8Array(1000) }
  peer.send([data(60_000, { ...whole, sequence: 60_000 })])
  for (let ahead = 1; ahead < 20_000; ahead += 1)
    peer.send([data(ahead, { ...whole, sequence: ahead })])
  peer.received.length = 0
  expect(statusOf(host.engine.table, 1)?.localWindowBytes).toBeLessThan(1500)
  expect(bytesInUse() - before).toBeLessThan(MEBIBYTE)
})

const message = (ahead: number) =>
  data(ahead, { beginning: true, ending: true, sequence: ahead, data: new Uint8Array(1000) })

test('what a full buffer gave up is taken when it is sent again, and all arrives', () => {
  const { network, host } = server({ receiveBufferBytes: 20_000, maximumMessageBytes: 10_000 })
  const peer = new HostilePeer(network, host)
  peer.sendCookie()
  for (let ahead = 39; ahead > 0; ahead -= 1) peer.send([message(ahead)])
  expect(host.messages).toHaveLength(0)
  for (let ahead = 0; ahead < 40; ahead += 1) peer.send([message(ahead)])
  expect(host.messages.map(({ sequence }) => sequence)).toEqual([...Array(40).keys()])
})

test.each([
  ['in order', (index: number) => index],
  ['backwards', (index: number) => 400 - index],
  ['with gaps', (index: number) => index * 2],
  ['with gaps, backwards', (index: number) => 800 - index * 2],
])('a thousand peers with endless fragments of one byte, %s, hold 40 MB at most', (_how, order) => {
  const { network, host } = server()
  const before = bytesInUse()
  const peers = Array.from({ length: 1000 }, (_, port) => {
    const peer = new HostilePeer(network, host, { port: 1000 + port })
    peer.sendCookie()
    return peer
  })
  const fragments = Array.from({ length: 400 }, (_, index) =>
    data(order(index) + 1, { beginning: order(index) + 1 === 0 }),
  )
  for (const peer of peers) {
    peer.send([data(0, { beginning: true }), ...fragments])
    peer.received.length = 0
  }
  expect(bytesInUse() - before).toBeLessThan(40 * 1_000_000)
  // Another one is served meanwhile.
  const other = new HostilePeer(network, host, { port: 999 })
  other.sendCookie()
  const size = 40_000
  for (let at = 0; at < size; at += 1000)
    other.send([
      data(at / 1000, {
        beginning: at === 0,
        ending: at + 1000 === size,
        data: new Uint8Array(1000),
      }),
    ])
  expect(host.messages.map((each) => each.data.length)).toEqual([size])
})

/** What the peer got, in short. */
const kinds = (peer: HostilePeer) => peer.received.flat().map(({ kind }) => kind)

test('nothing of a packet is looked at any more once the user has refused its association', () => {
  const { network, host } = server()
  host.onNotification = ({ type, association }) => {
    if (type === 'association-up') host.abort(association)
  }
  const peer = new HostilePeer(network, host)
  peer.received.length = 0
  peer.sendCookie(
    { kind: 'shutdown', cumulativeTsn: 0 },
    data(0, { beginning: true, ending: true }),
  )
  network.pass(120_000)
  expect(kinds(peer)).toEqual(['cookie-ack', 'abort'])
  expect([host.messages.length, host.engine.table.size]).toEqual([0, 0])
})

test('an association that was refused and is then aborted by its peer is lost once', () => {
  const { network, host } = server()
  host.onNotification = ({ type, association }) => {
    if (type === 'association-up') host.abort(association)
  }
  const peer = new HostilePeer(network, host)
  peer.sendCookie({ kind: 'abort', reflected: false, causes: [] })
  expect(host.told.filter((type) => type === 'association-lost')).toHaveLength(1)
})

test('a packet of 300 ERRORs is told once, and in a few words', () => {
  const { network, host } = server()
  const peer = new HostilePeer(network, host)
  peer.sendCookie()
  const causes = Array.from({ length: 3 }, () => ({ code: 12, information: new Uint8Array(0) }))
  peer.send(Array.from({ length: 300 }, () => ({ kind: 'error' as const, causes })))
  peer.send([{ kind: 'abort', reflected: false, causes: Array(900).fill(causes[0]) }])
  expect(host.told).toEqual(['association-up', 'remote-error', 'association-lost'])
  const [, told, lost] = host.notifications
  expect(told?.type === 'remote-error' && told.causes.length).toBe(900)
  expect(lost?.type === 'association-lost' && lost.error.message.length).toBeLessThan(500)
  expect(lost?.type === 'association-lost' && lost.error.message).toMatch(/, 892 more\)$/)
})

test('listed addresses that never answer get fewer and fewer heartbeats, and then none', () => {
  const { network, host } = server()
  const victims = Array.from({ length: 20 }, (_, index) => `198.51.100.${index + 1}`)
  const asked: { at: number; to: string }[] = []
  for (const address of victims)
    network.onSent({ address, port: 9899 }, () => asked.push({ at: network.now, to: address }))
  new HostilePeer(network, host, { addresses: victims }).sendCookie()
  network.pass(30_000)
  network.pass(3_600_000)
  expect(new Set(asked.map(({ to }) => to)).size).toBeLessThanOrEqual(4)
  expect(asked.length).toBeLessThanOrEqual(4 * 6)
})

test('an address that would not be answered gets no heartbeats either', () => {
  const { network, host } = server({}, ({ address }) =>
    address === '198.51.100.9' ? 'denied' : undefined,
  )
  const asked: string[] = []
  for (const address of ['198.51.100.8', '198.51.100.9'])
    network.onSent({ address, port: 9899 }, () => asked.push(address))
  new HostilePeer(network, host, { addresses: ['198.51.100.9', '198.51.100.8'] }).sendCookie()
  network.pass(10_000)
  expect(new Set(asked)).toEqual(new Set(['198.51.100.8']))
})
