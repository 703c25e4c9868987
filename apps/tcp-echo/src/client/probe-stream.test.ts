import { ECHO_HEADER_BYTES } from '@sockyard/protocol/echo'
import { describe, expect, it } from 'vitest'

import { Fifo, ProbeStream } from './probe-stream.ts'

function streamOf(size: number) {
  const replies: [sequence: number, isRight: boolean][] = []
  let unexpected = 0
  const stream = new ProbeStream({
    session: 7,
    size,
    onReply: (...reply) => replies.push(reply),
    onUnexpected: () => unexpected++,
  })
  return { stream, replies, unexpected: () => unexpected }
}

const sendAll = (stream: ProbeStream, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => stream.send(n, 1_000n + BigInt(n))))

describe.each([1, ECHO_HEADER_BYTES - 1, ECHO_HEADER_BYTES, 64, 70_000])(
  'probes of %i B',
  (size) => {
    it.each([1, 3, 1000, Infinity])('are right when they come back in pieces of %d B', (piece) => {
      const { stream, replies, unexpected } = streamOf(size)
      const sent = sendAll(stream, size > 64 ? 3 : 10)
      const step = Math.min(sent.length, piece)
      for (let at = 0; at < sent.length; at += step) stream.receive(sent.subarray(at, at + step))
      expect(replies).toEqual(replies.map((_, sequence) => [sequence, true]))
      expect([stream.unanswered, unexpected()]).toEqual([0, 0])
    })

    it('are wrong when any one byte is, and the others stay right', () => {
      for (const at of new Set([0, Math.floor(size / 2), size - 1])) {
        const { stream, replies } = streamOf(size)
        const sent = sendAll(stream, 3)
        sent.writeUInt8(sent.readUInt8(size + at) ^ 1, size + at)
        stream.receive(sent)
        expect(replies).toEqual([
          [0, true],
          [1, false],
          [2, true],
        ])
      }
    })
  },
)

describe('a stream of probes', () => {
  it('reports unsolicited bytes, before, between and after', () => {
    const { stream, replies, unexpected } = streamOf(20)
    stream.receive(Buffer.from('220 hello\r\n'))
    stream.receive(Buffer.concat([sendAll(stream, 1), Buffer.from('x')]))
    expect([replies, unexpected()]).toEqual([[[0, true]], 2])
  })

  it('starts again on a new connection and reports what was in flight on the old one', () => {
    const { stream, replies } = streamOf(32)
    const sent = sendAll(stream, 3)
    stream.receive(sent.subarray(0, 40))
    expect(stream.abandon()).toEqual([1, 2])
    stream.receive(stream.send(3, 5n))
    expect(replies).toEqual([
      [0, true],
      [3, true],
    ])
  })
})

describe('a queue', () => {
  it('gives back in order what went in, however much was taken out before', () => {
    const queue = new Fifo<number>()
    for (let n = 0; n < 5000; n++) {
      queue.push(n)
      queue.push(-n)
      expect(Math.abs(queue.shift() ?? NaN)).toBe(Math.floor(n / 2))
    }
    expect(queue.length).toBe(5000)
  })

  it('is empty again after everything was taken', () => {
    const queue = new Fifo<string>()
    queue.push('a')
    queue.push('b')
    queue.shift()
    expect(queue.takeAll()).toEqual(['b'])
    expect([queue.length, queue.first, queue.shift()]).toEqual([0, undefined, undefined])
  })
})
