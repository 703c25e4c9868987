import { describe, expect, it } from 'vitest'

import { BulkStream } from './bulk-stream.ts'

const OFFSET = 1009

/** Takes everything out of the stream. */
function takeAll(stream: BulkStream): Buffer {
  const blocks: Uint8Array[] = []
  for (let block = stream.next(); block !== undefined; block = stream.next()) blocks.push(block)
  return Buffer.concat(blocks)
}

function send(totalBytes: number): { stream: BulkStream; bytes: Buffer } {
  const stream = new BulkStream(totalBytes, OFFSET)
  return { stream, bytes: takeAll(stream) }
}

describe('a bulk stream', () => {
  it.each([1, 262_083, 262_084, 262_085, 1_000_000])(
    'of %i B is right when it comes back',
    (total) => {
      const { stream, bytes } = send(total)
      for (let at = 0; at < total; at += 77_777) stream.receive(bytes.subarray(at, at + 77_777))
      const { sentBytes, rightBytes, wrongBytes, missingBytes, firstWrongByte } = stream
      expect([bytes.length, sentBytes, rightBytes]).toEqual([total, total, total])
      expect([wrongBytes, missingBytes, firstWrongByte]).toEqual([0, 0, null])
    },
  )

  it('counts each wrong byte and gives the offset of the first', () => {
    const { stream, bytes } = send(500_000)
    for (const at of [123_456, 123_457, 400_000]) bytes.writeUInt8(bytes.readUInt8(at) ^ 0x80, at)
    stream.receive(bytes.subarray(0, 300_000))
    stream.receive(bytes.subarray(300_000))
    expect([stream.wrongBytes, stream.firstWrongByte, stream.rightBytes]).toEqual([
      3, 123_456, 499_997,
    ])
  })

  it('misses what did not come back', () => {
    const { stream, bytes } = send(1000)
    stream.receive(bytes.subarray(0, 900))
    expect([stream.missingBytes, stream.wrongBytes]).toEqual([100, 0])
  })

  it('takes bytes that were never sent for wrong', () => {
    const { stream, bytes } = send(1000)
    stream.receive(Buffer.concat([bytes, Buffer.from('more')]))
    expect([stream.wrongBytes, stream.firstWrongByte, stream.missingBytes]).toEqual([4, 1000, 0])
  })

  it('is another one on another connection, so that streams cannot be mixed up', () => {
    const { stream } = send(1000)
    stream.receive(takeAll(new BulkStream(1000, OFFSET * 2)))
    expect(stream.firstWrongByte).not.toBeNull()
    expect(stream.wrongBytes).toBeGreaterThan(900)
  })
})
