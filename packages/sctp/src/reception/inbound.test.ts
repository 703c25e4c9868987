import { expect, test } from 'vitest'

import type { Message } from '../association/notification.ts'
import { DEFAULT_PROTOCOL_PARAMETERS } from '../association/protocol-parameters.ts'
import type { DataChunk } from '../wire/chunk.ts'
import { Inbound } from './inbound.ts'

const BUFFER = 10_000

function inbound() {
  const parameters = { ...DEFAULT_PROTOCOL_PARAMETERS, receiveBufferBytes: BUFFER }
  const messages: Message[] = []
  const receiver = new Inbound({
    association: 1,
    peerInitialTsn: 1,
    streams: 4,
    parameters,
    total: { heldBytes: 0 },
    deliver: (message) => messages.push(message),
  })
  return { receiver, messages }
}

const chunk = (tsn: number, bytes: number, changes: Partial<DataChunk> = {}): DataChunk => ({
  kind: 'data',
  tsn,
  stream: 0,
  sequence: tsn - 1,
  protocolId: 0,
  unordered: false,
  beginning: true,
  ending: true,
  immediate: false,
  data: new Uint8Array(bytes),
  ...changes,
})

test('a peer that ignores the window fills the buffer and no more', () => {
  const { receiver } = inbound()
  receiver.deliveryQueue.paused = true
  const results = Array.from({ length: 100 }, (_, index) =>
    receiver.receive(chunk(index + 1, 1000)),
  )
  expect(results.filter(({ kind }) => kind === 'accepted')).toHaveLength(6)
  expect(results.at(-1)?.kind).toBe('dropped')
  expect(receiver.tsns.cumulative).toBe(6)
  expect(receiver.heldBytes).toBeLessThanOrEqual(BUFFER)
})

test('so do a thousand tiny messages, and messages that wait for one that never comes', () => {
  const tiny = inbound().receiver
  tiny.deliveryQueue.paused = true
  for (let tsn = 1; tsn <= 5000; tsn += 1) tiny.receive(chunk(tsn, 1))
  expect(tiny.tsns.cumulative).toBeLessThan(200)
  const early = inbound().receiver
  for (let tsn = 1; tsn <= 5000; tsn += 1) early.receive(chunk(tsn, 1, { sequence: tsn }))
  expect(early.tsns.cumulative).toBeLessThan(200)
})

test('with a full buffer a chunk that fills a gap is taken all the same', () => {
  const { receiver, messages } = inbound()
  for (let tsn = 2; tsn <= 12; tsn += 1) receiver.receive(chunk(tsn, 1000))
  expect(receiver.window).toBeLessThan(1500)
  expect(receiver.receive(chunk(1, 1000)).kind).toBe('accepted')
  expect(messages.length).toBeGreaterThan(5)
  expect(receiver.window).toBe(BUFFER)
})

/** A third of the first message. */
const third = (index: number) =>
  chunk(1 + index, 1000, { sequence: 0, beginning: index === 0, ending: index === 2 })

test('a fragment that fills a gap in a full buffer takes the place of the highest TSN, which may come again', () => {
  const { receiver, messages } = inbound()
  for (let tsn = 4; tsn <= 9; tsn += 1) receiver.receive(chunk(tsn, 1000, { sequence: tsn - 3 }))
  for (const index of [1, 2, 0]) receiver.receive(third(index))
  expect(receiver.heldBytes).toBeLessThanOrEqual(BUFFER)
  expect(messages.map(({ data }) => data.length)).toEqual([3000, 1000, 1000, 1000])
  expect(receiver.tsns.cumulative).toBe(6)
  for (let tsn = 7; tsn <= 9; tsn += 1) receiver.receive(chunk(tsn, 1000, { sequence: tsn - 3 }))
  expect(messages).toHaveLength(7)
})

test('a message for which there can never be room ends the association', () => {
  const { receiver } = inbound()
  const results = Array.from({ length: 2000 }, (_, index) =>
    receiver.receive(chunk(index + 1, 1, { sequence: 0, beginning: index === 0, ending: false })),
  )
  expect(results.find(({ kind }) => kind !== 'accepted')?.kind).toBe('out-of-room')
})

test('what is kept does not keep the whole datagram in memory', () => {
  const { receiver, messages } = inbound()
  receiver.deliveryQueue.paused = true
  const datagram = new Uint8Array(60_000)
  receiver.receive(chunk(1, 0, { data: datagram.subarray(100, 110) }))
  receiver.deliveryQueue.resume()
  expect(messages[0]?.data.buffer.byteLength).toBe(10)
})
