import { expect, test } from 'vitest'

import type { VirtualHost } from '../testing/virtual-network.testing.ts'
import { VirtualNetwork } from '../testing/virtual-network.testing.ts'

const FAULTS = { loss: 0.1, duplicate: 0.02, reorder: 0.05, delayMillis: 20 }
const STREAMS = 8

/** Sends numbered messages of mixed sizes, as the send buffer allows; true once all are taken. */
function sender(host: VirtualHost, association: number, count: number): () => boolean {
  let next = 0
  let drains = 0
  let full = false
  return () => {
    const drained = host.told.filter((type) => type === 'drain').length
    if (full && drained === drains) return false
    drains = drained
    full = false
    while (!full && next < count && host.state(association) === 'ESTABLISHED') {
      const size = 8 + ((next * 7919) % 3000)
      const data = new Uint8Array(size).fill(next & 0xff)
      new DataView(data.buffer).setUint32(0, next)
      new DataView(data.buffer).setUint32(4, size)
      const message = { stream: next % STREAMS, unordered: next % 5 === 4, data }
      next += 1
      full = !host.send(association, message)
    }
    return next === count
  }
}

const numberOf = (data: Uint8Array): number =>
  new DataView(data.buffer, data.byteOffset).getUint32(0)

test.each([1, 2, 3, 4, 5])(
  'through a network that loses, doubles, reorders and delays, every message arrives once and in order (seed %i)',
  (seed) => {
    const network = new VirtualNetwork({ ...FAULTS, seed })
    const server = network.host({ address: '192.0.2.1' })
    const client = network.host({ address: '192.0.2.2', listening: false })
    const association = client.associate(server)
    const pump = sender(client, association, 2000)
    network.run(3_600_000, () => pump() && client.state(association) === 'ESTABLISHED')
    client.shutdown(association)
    network.run(3_600_000, () => client.state(association) === 'CLOSED')
    expect(client.told).toContain('shutdown-complete')
    const numbers = server.messages.map(({ data }) => numberOf(data))
    expect(new Set(numbers).size).toBe(2000)
    expect(numbers).toHaveLength(2000)
    for (let stream = 0; stream < STREAMS; stream += 1) {
      const ordered = server.messages
        .filter((message) => message.stream === stream && !message.unordered)
        .map(({ data }) => numberOf(data))
      expect(ordered).toEqual(ordered.toSorted((a, b) => a - b))
    }
    for (const { data } of server.messages) {
      const number = numberOf(data)
      expect(data.length).toBe(8 + ((number * 7919) % 3000))
      expect(data.subarray(8).every((byte) => byte === (number & 0xff))).toBe(true)
    }
  },
)

test('messages of both sides cross each other through such a network', () => {
  const network = new VirtualNetwork({ ...FAULTS, seed: 11 })
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2', listening: false })
  server.onMessage = ({ association, stream, data }) =>
    void server.send(association, { stream, data })
  const association = client.associate(server)
  const pump = sender(client, association, 500)
  network.run(3_600_000, () => pump() && client.messages.length === 500)
  expect(client.messages).toHaveLength(500)
  expect(new Set(client.messages.map(({ data }) => numberOf(data))).size).toBe(500)
})
