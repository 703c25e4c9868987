import { expect, test } from 'vitest'

import { statusOf } from '../engine/user-requests.ts'
import type { VirtualHost } from '../testing/virtual-network.testing.ts'
import { VirtualNetwork, type Faults, type Flight } from '../testing/virtual-network.testing.ts'
import type { ProtocolParameters } from './protocol-parameters.ts'

/** Two hosts with interfaces of 1,500 B and a path between them that carries less, and drops the rest without an ICMP message. */
class Way {
  readonly network: VirtualNetwork
  readonly server: VirtualHost
  readonly client: VirtualHost
  readonly id: number
  mtu: number
  linkMtu: number
  isCut = false
  /** Fragments do not arrive either: the sender cuts them for its interface, which carries more than the path. */
  losesFragments = false
  /** Packets that were too large, and may not be fragmented. */
  tooLarge: Flight[] = []

  constructor(
    mtu: number,
    parameters: Partial<ProtocolParameters> = {},
    faults: Faults = {},
    linkMtu = 1500,
  ) {
    this.mtu = mtu
    this.linkMtu = linkMtu
    this.network = new VirtualNetwork(faults)
    this.network.drop = (flight) => this.isCut || this.#isTooLarge(flight)
    const host = { parameters, linkMtu: () => this.linkMtu }
    this.server = this.network.host({ ...host, address: '192.0.2.1' })
    this.client = this.network.host({ ...host, address: '192.0.2.2' })
    this.id = this.client.associate(this.server)
    this.network.run(this.network.now + 60_000, () => this.client.state(this.id) === 'ESTABLISHED')
  }

  #isTooLarge(flight: Flight): boolean {
    const isTooLarge =
      (flight.how === 'whole' || this.losesFragments) && flight.bytes.length + 28 > this.mtu
    if (isTooLarge) this.tooLarge.push(flight)
    return isTooLarge
  }

  /** What the client takes to be the path MTU. */
  get found(): number | undefined {
    return statusOf(this.client.engine.table, this.id)?.paths[0]?.mtu
  }

  /** The MTUs that the client was told. */
  get told(): number[] {
    return this.client.notifications.flatMap((each) => (each.type === 'path-mtu' ? [each.mtu] : []))
  }
}

const message = (size: number, seed = 0) =>
  Uint8Array.from({ length: size }, (_, index) => (index + seed) % 251)

const holdsData = ({ packet }: Flight) => packet.chunks.some(({ kind }) => kind === 'data')

test('the MTU of the interface is found in one round trip where the path carries it', () => {
  const way = new Way(1500)
  way.network.pass(100)
  expect([way.found, way.told]).toEqual([1500, [1500]])
  way.client.send(way.id, { data: message(20_000) })
  way.network.pass(5000)
  expect(way.server.messages).toMatchObject([{ data: message(20_000) }])
  const longest = Math.max(...way.network.sent.filter(holdsData).map(({ bytes }) => bytes.length))
  // Two chunks that would arrive on a path of 1,200 B as well.
  expect(longest + 28).toBe(1496)
})

test.each([1200, 1280, 1337, 1400, 1492])('a path MTU of %i is found by probing', (mtu) => {
  const way = new Way(mtu)
  expect(way.found).toBe(1200)
  way.client.send(way.id, { data: message(50_000) })
  way.network.pass(60_000)
  expect(way.found).toBe(mtu & ~3)
  expect(way.told).toEqual([mtu & ~3])
  expect(way.server.messages).toMatchObject([{ data: message(50_000) }])
  // Data never waited for the search: what did not arrive were probes.
  expect(way.tooLarge.filter(holdsData)).toEqual([])
})

test('no size beyond the parameter is probed', () => {
  const way = new Way(1500, { mtu: 1300 })
  way.network.pass(60_000)
  expect(way.found).toBe(1300)
  expect(Math.max(...way.network.sent.map(({ bytes }) => bytes.length)) + 28).toBe(1300)
})

test('a path that carries more than before is used after ten minutes', () => {
  const way = new Way(1400)
  way.network.pass(60_000)
  way.mtu = 1500
  way.network.pass(500_000)
  expect(way.found).toBe(1400)
  way.network.pass(200_000)
  expect(way.told).toEqual([1400, 1500])
})

test('a path that suddenly carries less swallows large packets for some seconds, and no message', () => {
  const way = new Way(1500)
  way.network.pass(1000)
  way.mtu = 1280
  const messages = [10_000, 100, 60_000, 3].map((size, index) => message(size, index))
  for (const [stream, data] of messages.entries()) way.client.send(way.id, { stream, data })
  way.network.pass(30_000)
  const arrived = way.server.messages.toSorted((a, b) => a.stream - b.stream)
  expect(arrived.map(({ data }) => data)).toEqual(messages)
  expect(way.client.told).not.toContain('peer-address')
  const data = way.network.sent.filter(holdsData)
  expect(data.some(({ how }) => how === 'in-fragments')).toBe(false)
  expect(data.slice(-20).every(({ bytes }) => bytes.length + 28 <= 1280)).toBe(true)
  way.network.pass(60_000)
  expect(way.told).toEqual([1500, 1200, 1280])
})

test('a path that shrinks from 9,000 to 1,280 B loses no message, though what was sent has its TSNs', () => {
  const way = new Way(9000, {}, {}, 9000)
  way.losesFragments = true
  way.network.pass(1000)
  expect(way.found).toBe(9000)
  way.mtu = 1280
  const messages = [8000, 8000, 60_000].map((size, index) => message(size, index))
  for (const [stream, data] of messages.entries()) way.client.send(way.id, { stream, data })
  way.network.pass(60_000)
  const arrived = way.server.messages.toSorted((a, b) => a.stream - b.stream)
  expect(arrived.map(({ data }) => data)).toEqual(messages)
})

test('a smaller MTU of the interface is detected at the next search', () => {
  const way = new Way(1500)
  way.network.pass(1000)
  way.linkMtu = 1400
  way.network.pass(700_000)
  expect(way.told).toEqual([1500, 1400])
})

test('what a dead path swallows is no reason to search lower: it goes on when the path is back', () => {
  const way = new Way(1400, { associationMaximumRetransmissions: 50 })
  way.isCut = true
  way.client.send(way.id, { data: message(5000) })
  way.network.run(way.network.now + 600_000, () => way.client.told.includes('peer-address'))
  expect(way.told).toEqual([])
  way.isCut = false
  way.network.pass(200_000)
  expect(way.told).toEqual([1400])
  expect(way.server.messages).toHaveLength(1)
})

test.each([1, 2, 3])('lost probes are repeated (seed %i)', (seed) => {
  const way = new Way(1400, {}, { loss: 0.1, seed })
  way.network.pass(120_000)
  expect([way.found, way.tooLarge.length > 3]).toEqual([1400, true])
})

test('where packets cannot be kept from being fragmented, nothing is probed, and the base is used', () => {
  const network = new VirtualNetwork()
  const parameters = { mtu: undefined }
  const server = network.host({ address: '2001:db8::1', parameters })
  const client = network.host({ address: '2001:db8::2', parameters })
  const id = client.associate(server)
  network.pass(100)
  client.send(id, { data: message(20_000) })
  network.pass(700_000)
  expect(server.messages).toHaveLength(1)
  expect(statusOf(client.engine.table, id)?.paths[0]?.mtu).toBe(1280)
  expect(client.told).toEqual(['association-up'])
  expect(Math.max(...network.sent.map(({ bytes }) => bytes.length)) + 48).toBe(1280)
})
