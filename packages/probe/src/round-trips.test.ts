import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { udpRelay } from '@sockyard/testkit/udp-relay'
import { array, assert, constant, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Outstanding } from './outstanding.ts'
import { paceWindow } from './pace-window.ts'
import { RoundTripTotals } from './round-trip-totals.ts'
import { RoundTrips } from './round-trips.ts'
import { settle } from './settle.ts'
import { VirtualClock } from './virtual-clock.testing.ts'

describe('Outstanding', () => {
  it('tells answered, duplicate, late and unknown apart', () => {
    const lost: number[] = []
    const table = new Outstanding({ timeoutMillis: 100, onLost: (sequence) => lost.push(sequence) })
    table.sent(0, 0)
    table.sent(1, 10)
    expect(table.reply(1, 15.5)).toBe('answered')
    expect(table.lastRoundTripMillis).toBe(5.5)
    expect(table.reply(1, 16)).toBe('duplicate')
    expect(table.reply(7, 16)).toBe('unknown')
    expect(table.waiting).toBe(1)
    table.expire(99.9)
    expect(lost).toEqual([])
    table.expire(100)
    expect(lost).toEqual([0])
    expect(table.reply(0, 120)).toBe('late')
    expect(table.reply(0, 121)).toBe('duplicate')
    expect(table.waiting).toBe(0)
  })

  it('calls a reply late after the timeout even before anybody looked', () => {
    const table = new Outstanding({ timeoutMillis: 100 })
    table.sent(0, 0)
    expect(table.reply(0, 100)).toBe('late')
    expect(table.waiting).toBe(0)
  })

  it('for any order of events knows what a map would know, in bounded memory', () => {
    const event = oneof(
      constant({ kind: 'send' as const, back: 0 }),
      record({ kind: constant('reply' as const), back: integer({ min: 1, max: 20 }) }),
    )
    const first = constantFrom(0, 5, 2 ** 32 - 3)
    const holds = property(first, array(event, { maxLength: 200 }), (base, events) => {
      const lost: number[] = []
      const table = new Outstanding({
        timeoutMillis: 12,
        capacity: 8,
        onLost: (sequence) => lost.push(sequence),
      })
      const sentAt = new Map<number, number>()
      const settled = new Set<number>()
      const verdicts: string[] = []
      const expected: string[] = []
      let next = base
      for (const [at, { kind, back }] of events.entries()) {
        const sequence = kind === 'send' ? next : (next - back) >>> 0
        if (kind === 'send') {
          table.sent(next, at)
          sentAt.set(next, at)
          next = (next + 1) >>> 0
        } else {
          const asked = sentAt.get(sequence)
          const fresh = at - (asked ?? 0) < 12 ? 'answered' : 'late'
          const known = settled.has(sequence) ? 'duplicate' : fresh
          verdicts.push(table.reply(sequence, at))
          if (asked === undefined) expected.push('unknown')
          else expected.push(back > 8 ? 'forgotten' : known)
          if (asked !== undefined && back <= 8) settled.add(sequence)
        }
      }
      expect(verdicts).toEqual(expected)
      table.expire(Infinity)
      expect(table.waiting).toBe(0)
      expect(new Set(lost).size).toBe(lost.length)
    })
    assert(holds, { numRuns: 500 })
  })
})

describe('paceWindow', () => {
  it('never has more than the window outstanding, and sends all', async () => {
    const outstanding = new Outstanding({ timeoutMillis: 1_000 })
    let most = 0
    const result = await paceWindow({ window: 8, outstanding, count: 1_000 }, (sequence) => {
      outstanding.sent(sequence, performance.now())
      most = Math.max(most, outstanding.waiting)
      setImmediate(() => outstanding.reply(sequence, performance.now()))
    })
    await settle(outstanding)
    expect(most).toBe(8)
    expect(result).toEqual({ sent: 1_000, skipped: 0, ended: 'count' })
  })

  it('goes on when nothing answers: a lost request makes room after its timeout', async () => {
    const lost: number[] = []
    const clock = new VirtualClock()
    const outstanding = new Outstanding({
      timeoutMillis: 50,
      onLost: (sequence) => lost.push(sequence),
    })
    const send = (sequence: number): void => outstanding.sent(sequence, clock.now())
    await paceWindow({ window: 2, outstanding, count: 6, clock }, send)
    await settle(outstanding, undefined, clock)
    expect(lost).toEqual([0, 1, 2, 3, 4, 5])
    expect(clock.now()).toBe(180)
  })

  it('ends at the deadline and when aborted', async () => {
    const clock = new VirtualClock()
    const outstanding = new Outstanding({ timeoutMillis: 1_000_000 })
    const send = (sequence: number): void => outstanding.sent(sequence, clock.now())
    const late = await paceWindow({ window: 1, outstanding, deadlineMillis: 500, clock }, send)
    expect(late).toEqual({ sent: 1, skipped: 0, ended: 'deadline' })
    const signal = AbortSignal.abort()
    expect(await paceWindow({ window: 9, outstanding, signal, clock }, send)).toMatchObject({
      sent: 0,
      ended: 'aborted',
    })
  })

  it('does not run away when every send fails at once', async () => {
    const clock = new VirtualClock()
    const outstanding = new Outstanding({ timeoutMillis: 50 })
    let atOnce = 0
    const options = { window: 4, outstanding, deadlineMillis: 200, clock }
    const { sent } = await paceWindow(options, (sequence) => {
      outstanding.sent(sequence, clock.now())
      outstanding.failed(sequence)
      if (clock.now() === 0) atOnce++
    })
    expect(atOnce).toBe(4)
    expect(sent).toBe(40)
  })
})

describe('RoundTrips', () => {
  it('through a faulty network counts exactly what the network did', async () => {
    const server = createSocket('udp4')
    server.on('message', (bytes, peer) => server.send(bytes, peer.port, peer.address))
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const faults = { loss: 0.1, duplicate: 0.05, reorder: 0.1 }
    await using relay = await udpRelay({ target: server.address(), ...faults })
    const totals = new RoundTripTotals()
    const trips = new RoundTrips(totals, { timeoutMillis: 1_000 })
    const client = createSocket('udp4')
    client.connect(relay.port, relay.address)
    await once(client, 'connect')
    const seen: number[] = []
    client.on('message', (bytes) => {
      seen.push(bytes.readUInt32BE())
      trips.reply(bytes.readUInt32BE())
    })
    const options = { window: 64, outstanding: trips.outstanding, count: 300 }
    await paceWindow(options, (sequence) => {
      const bytes = Buffer.alloc(64)
      bytes.writeUInt32BE(sequence)
      trips.sent(sequence)
      client.send(bytes)
    })
    await settle(trips.outstanding)
    client.close()
    server.close()
    const { sent, received, lost, duplicated, reordered, malformed, rttMicros } = totals.total()
    const distinct = new Set(seen)
    expect({ sent, received, lost, malformed }).toEqual({
      sent: 300,
      received: distinct.size,
      lost: 300 - distinct.size,
      malformed: 0,
    })
    expect(duplicated).toBe(seen.length - distinct.size)
    const firsts = [...distinct]
    expect(reordered).toBe(firsts.filter((n, i) => n < Math.max(...firsts.slice(0, i))).length)
    expect(lost).toBeGreaterThan(20)
    expect(rttMicros?.min).toBeGreaterThan(0)
  })

  it('counts from when it was due, where that is told, and waits from when it was sent', () => {
    const totals = new RoundTripTotals(0)
    const trips = new RoundTrips(totals, { timeoutMillis: 100 })
    trips.sent(0, 500, 200)
    trips.sent(1, 500)
    trips.departed(1, 502, 201)
    expect(trips.reply(0, 501)).toBe('answered')
    expect(trips.lastRttMicros).toBe(301_000)
    expect(trips.reply(1, 601.5)).toBe('answered')
    expect(trips.lastRttMicros).toBe(400_500)
    expect(totals.total(1_000)).toMatchObject({
      sent: 2,
      lost: 0,
      rttMicros: { min: 301_000, max: 400_500 },
      lateMicros: { min: 300_000, max: 301_000 },
    })
  })

  it('takes a reply to what is forgotten for late, not for wrong bytes', () => {
    const totals = new RoundTripTotals(0)
    const trips = new RoundTrips(totals, { timeoutMillis: 1_000, capacity: 4 })
    for (let sequence = 0; sequence < 10; sequence++) trips.sent(sequence, 0)
    expect(trips.reply(2, 1)).toBe('late')
    expect(trips.reply(10, 1)).toBe('malformed')
    expect(totals.tallies).toMatchObject({ sent: 10, lost: 6, malformed: 1, received: 0 })
  })

  it('reports intervals that add up to the total', () => {
    const totals = new RoundTripTotals(0)
    const trips = new RoundTrips(totals, { timeoutMillis: 100 })
    trips.sent(0, 0)
    expect(trips.reply(0, 1)).toBe('answered')
    expect(trips.lastRttMicros).toBe(1_000)
    expect(totals.takeInterval(1_000)).toMatchObject({
      durationMillis: 1_000,
      sent: 1,
      received: 1,
    })
    trips.sent(1, 1_000)
    trips.sent(2, 1_001)
    expect(trips.reply(2, 1_003)).toBe('answered')
    expect(trips.reply(1, 1_004)).toBe('reordered')
    trips.malformed()
    expect(totals.takeInterval(1_500)).toMatchObject({
      durationMillis: 500,
      sent: 2,
      received: 2,
      reordered: 1,
      malformed: 1,
      rttMicros: { min: 2_000, max: 4_000 },
    })
    expect(totals.total(1_500)).toMatchObject({
      durationMillis: 1_500,
      sent: 3,
      received: 3,
      lost: 0,
      rttMicros: { min: 1_000, max: 4_000 },
    })
  })
})
