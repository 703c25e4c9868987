import { expect, test } from 'vitest'

import type { DataChunk } from '../wire/chunk.ts'
import { Inbound } from './inbound.ts'
import type { Message } from './notification.ts'
import { DEFAULT_PROTOCOL_PARAMETERS } from './protocol-parameters.ts'

const BUFFER = 10_000

function inbound() {
  const parameters = { ...DEFAULT_PROTOCOL_PARAMETERS, receiveBufferBytes: BUFFER }
  const messages: Message[] = []
  const receiver = new Inbound(1, 1, 4, parameters, (message) => messages.push(message))
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
  receiver.unread.paused = true
  const results = Array.from({ length: 100 }, (_, index) =>
    receiver.receive(chunk(index + 1, 1000)),
  )
  expect(results.filter(({ kind }) => kind === 'accepted')).toHaveLength(10)
  expect(results.at(-1)?.kind).toBe('dropped')
  expect(receiver.tsns.cumulative).toBe(10)
  expect(receiver.window).toBe(0)
})

test('so do a thousand tiny messages, and messages that wait for one that never comes', () => {
  const tiny = inbound().receiver
  tiny.unread.paused = true
  for (let tsn = 1; tsn <= 5000; tsn += 1) tiny.receive(chunk(tsn, 1))
  expect(tiny.tsns.cumulative).toBeLessThan(200)
  const early = inbound().receiver
  for (let tsn = 1; tsn <= 5000; tsn += 1) early.receive(chunk(tsn, 1, { sequence: tsn }))
  expect(early.tsns.cumulative).toBeLessThan(200)
})

test('with a full buffer a chunk that fills a gap is taken all the same', () => {
  const { receiver, messages } = inbound()
  for (let tsn = 2; tsn <= 12; tsn += 1) receiver.receive(chunk(tsn, 1000))
  expect(receiver.window).toBe(0)
  expect(receiver.receive(chunk(1, 1000)).kind).toBe('accepted')
  expect(messages.length).toBeGreaterThan(9)
  expect(receiver.window).toBe(BUFFER)
})

test('what is kept does not keep the whole datagram in memory', () => {
  const { receiver, messages } = inbound()
  receiver.unread.paused = true
  const datagram = new Uint8Array(60_000)
  receiver.receive(chunk(1, 0, { data: datagram.subarray(100, 110) }))
  receiver.unread.resume()
  expect(messages[0]?.data.buffer.byteLength).toBe(10)
})
