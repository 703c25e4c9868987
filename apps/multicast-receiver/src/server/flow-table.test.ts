import { encodeMulticastDatagram } from '@sockyard/protocol/multicast'
import { describe, expect, it } from 'vitest'

import { Datagram } from './datagram.ts'
import { FlowObserver } from './flow-observer.ts'
import { FlowTable } from './flow-table.ts'
import { receivedOne } from './peer.testing.ts'

const group = '239.255.1.1'

function single(bytes: Uint8Array): Datagram {
  return new Datagram(receivedOne(bytes, { nanos: 6_000 }), { group, interface: 'lo' })
}

function hear(table: FlowTable, sender: number, ...sequences: number[]): void {
  const payload = new Uint8Array()
  for (const sequence of sequences) {
    const header = { sender, sequence: BigInt(sequence), sentAt: 1_000n }
    new FlowObserver(table).observe(single(encodeMulticastDatagram({ ...header, payload })))
  }
}

describe('a table of two flows', () => {
  it('drops the least recently heard sender, and keeps its counts in the totals', () => {
    const table = new FlowTable(2)
    hear(table, 1, 0, 2)
    hear(table, 2, 0)
    hear(table, 1, 3)
    hear(table, 3, 7)
    expect(table.size).toBe(2)
    const { counts, flows } = table.total()
    expect(flows.map(({ sender, received, lost }) => [sender, received, lost])).toEqual([
      [1, 3, 1],
      [3, 1, 0],
    ])
    expect(counts).toMatchObject({ received: 5, lost: 1 })
  })

  it('measures a newcomer anew, though it has the memory of the one before', () => {
    const table = new FlowTable(1)
    hear(table, 1, 0, 1)
    hear(table, 2, 9)
    const [flow] = table.total().flows
    expect(flow).toMatchObject({
      sender: 2,
      received: 1,
      lost: 0,
      delayMicros: { min: 5, max: 5, stddev: 0 },
    })
  })

  it('counts each datagram in one interval, those of flows it gave up too', () => {
    const table = new FlowTable(1)
    hear(table, 1, 0, 2)
    hear(table, 2, 0)
    expect(table.takeInterval().byGroup.get(group)).toMatchObject({ received: 3, lost: 1 })
    expect(table.takeInterval()).toMatchObject({ counts: { received: 0 }, flows: [] })
    hear(table, 2, 1)
    expect(table.takeInterval().counts).toMatchObject({ received: 1, lost: 0 })
    expect(table.total().counts).toMatchObject({ received: 4, lost: 1 })
  })

  it('distinguishes plain, numbered and malformed datagrams of a source', () => {
    const table = new FlowTable(2)
    hear(table, 1, 0)
    new FlowObserver(table).observe(single(Buffer.from('plain')))
    new FlowObserver(table).observe(single(Buffer.from(`SYM\u0002${'x'.repeat(20)}`)))
    const plain = table.total().flows.find(({ sender }) => sender === null)
    expect(plain).toMatchObject({
      received: 1,
      malformed: 1,
      delayMicros: null,
      jitterMicros: null,
    })
  })
})
