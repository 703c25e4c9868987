import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { udpRelay } from '@sockyard/testkit/network'
import { array, assert, constant, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { VirtualClock } from '../pacing/virtual-clock.testing.ts'
import { paceWindow } from '../pacing/window.ts'
import { settle } from '../pacing/window.ts'
import { PendingRequests } from './pending-requests.ts'
import { RoundTripTotals } from './round-trips.ts'
import { RoundTrips } from './round-trips.ts'

describe('PendingRequests', () => {
  it('distinguishes answered, duplicate, late and unknown', () => {
    const lost: number[] = []
    const table = new PendingRequests({
      timeoutMillis: 100,
      onLost: (sequence) => lost.push(sequence),
    })
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

  it('classifies a reply after the timeout as late even before the timeout was checked', () => {
    const table = new PendingRequests({ timeoutMillis: 100 })
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
      const table = new PendingRequests({
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
  it('never has more than the window pending, and sends all', async () => {
    const pending = new PendingRequests({ timeoutMillis: 1_000 })
    let most = 0
    const result = await paceWindow({ window: 8, pending, count: 1_000 }, (sequence) => {
      pending.sent(sequence, performance.now())
      most = Math.max(most, pending.waiting)
      setImmediate(() => pending.reply(sequence, performance.now()))
    })
    await settle(pending)
    expect(most).toBe(8)
    expect(result).toEqual({ sent: 1_000, skipped: 0, ended: 'count' })
  })

  it('goes on when nothing answers: a lost request makes room after its timeout', async () => {
    const lost: number[] = []
    const clock = new VirtualClock()
    const pending = new PendingRequests({
      timeoutMillis: 50,
      onLost: (sequence) => lost.push(sequence),
    })
    const send = (sequence: number): void => pending.sent(sequence, clock.now())
    await paceWindow({ window: 2, pending, count: 6, clock }, send)
    await settle(pending, undefined, clock)
    expect(lost).toEqual([0, 1, 2, 3, 4, 5])
    expect(clock.now()).toBe(180)
  })

  it('ends at the deadline and when aborted', async () => {
    const clock = new VirtualClock()
    const pending = new PendingRequests({ timeoutMillis: 1_000_000 })
    const send = (sequence: number): void => pending.sent(sequence, clock.now())
    const late = await paceWindow({ window: 1, pending, deadlineMillis: 500, clock }, send)
    expect(late).toEqual({ sent: 1, skipped: 0, ended: 'deadline' })
    const signal = AbortSignal.abort()
    expect(await paceWindow({ window: 9, pending, signal, clock }, send)).toMatchObject({
      sent: 0,
      ended: 'aborted',
    })
  })

  it('does not run away when every send fails at once', async () => {
    const clock = new VirtualClock()
    const pending = new PendingRequests({ timeoutMillis: 50 })
    let atOnce = 0
    const options = { window: 4, pending, deadlineMillis: 200, clock }
    const { sent } = await paceWindow(options, (sequence) => {
      pending.sent(sequence, clock.now())
      pending.failed(sequence)
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
    const options = { window: 64, pending: trips.pending, count: 300 }
    await paceWindow(options, (sequence) => {
      const bytes = Buffer.alloc(64)
      bytes.writeUInt32BE(sequence)
      trips.sent(sequence)
      client.send(bytes)
    })
    await settle(trips.pending)
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

  it('measures from the scheduled send time, where given, and times out from the actual one', () => {
    const totals = new RoundTripTotals(0)
    const trips = new RoundTrips(totals, { timeoutMillis: 100 })
    trips.sent(0, 500, 200)
    trips.sent(1, 500)
    trips.departed(1, 502, 201)
    expect(trips.reply(0, 501)).toBe('answered')
    expect(trips.lastRoundTripMicros).toBe(301_000)
    expect(trips.reply(1, 601.5)).toBe('answered')
    expect(trips.lastRoundTripMicros).toBe(400_500)
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
    expect(totals.counts).toMatchObject({ sent: 10, lost: 6, malformed: 1, received: 0 })
  })

  it('reports intervals that add up to the total', () => {
    const totals = new RoundTripTotals(0)
    const trips = new RoundTrips(totals, { timeoutMillis: 100 })
    trips.sent(0, 0)
    expect(trips.reply(0, 1)).toBe('answered')
    expect(trips.lastRoundTripMicros).toBe(1_000)
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

  it('measures variation between successive requests, by when they were sent and in any order of replies', () => {
    const totals = new RoundTripTotals(0)
    const trips = new RoundTrips(totals, { timeoutMillis: 100 })
    // Due earlier than sent: what the client is late by is no variation of the path.
    trips.sent(0, 0, -50)
    for (const sequence of [1, 2, 3, 4]) trips.sent(sequence, sequence)
    trips.reply(0, 10)
    trips.reply(2, 17)
    // 11 ms: 1 more than the one before it, 4 less than the one after it.
    trips.reply(1, 12)
    trips.reply(2, 18)
    expect(totals.total(50).ipdvMicros).toMatchObject({ min: 1_000, mean: 2_500, max: 4_000 })
    expect(totals.takeInterval(50).ipdvMicros).toMatchObject({ min: 1_000, max: 4_000 })
    // The one before it is lost, and of the one after it nothing is known.
    trips.failed(3)
    trips.reply(4, 30)
    expect(totals.takeInterval(60).ipdvMicros).toBeNull()
    expect(totals.total(60).ipdvMicros).toMatchObject({ mean: 2_500 })
  })

  it('has the jitter of RFC 3550, of several connections their mean', () => {
    const totals = new RoundTripTotals(0)
    const [first, second, third] = [0, 1, 2].map(
      () => new RoundTrips(totals, { timeoutMillis: 100 }),
    )
    first?.sent(0, 0)
    first?.reply(0, 1)
    expect(totals.total(1).jitterMicros).toBeNull()
    first?.sent(1, 10)
    first?.reply(1, 11.16)
    expect(totals.total(12).jitterMicros).toBe(10)
    for (const at of [0, 10]) {
      second?.sent(at / 10, at)
      second?.reply(at / 10, at + 1)
    }
    third?.sent(0, 0)
    expect(totals.total(20).jitterMicros).toBe(5)
  })
})
