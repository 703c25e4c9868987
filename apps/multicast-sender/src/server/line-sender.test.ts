import { PassThrough, Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { sendLines } from './line-sender.ts'

/** Sends all of an input, ten bytes a line at most. */
async function lines(stdin: Readable, isWaiting = () => false) {
  const sent: string[] = []
  let cut = 0
  await sendLines({
    stdin,
    maximumBytes: 10,
    signal: new AbortController().signal,
    send: (payload) => sent.push(String(payload)),
    isWaiting,
    onCut: () => (cut += 1),
  })
  return { sent, cut }
}

describe('lines of an input', () => {
  it('are one datagram each, however they come, the last one too when it has no end', async () => {
    const pieces = ['on', 'e\ntw', 'o\r\n\nla', 'st'].map((text) => Buffer.from(text))
    expect(await lines(Readable.from(pieces))).toEqual({ sent: ['one', 'two', '', 'last'], cut: 0 })
  })

  it('are truncated when they are too long for a datagram, with a warning', async () => {
    const pieces = [Buffer.from('0123456789abc\nshort\n')]
    expect(await lines(Readable.from(pieces))).toEqual({ sent: ['0123456789', 'short'], cut: 1 })
  })

  it('wait until earlier datagrams are sent', async () => {
    let looks = 0
    const { sent } = await lines(
      Readable.from([Buffer.from('a\nb\n')]),
      () => (looks += 1) % 5 !== 0,
    )
    expect({ sent, looks }).toEqual({ sent: ['a', 'b'], looks: 10 })
  })

  it('end without an error when they are not wanted any more', async () => {
    const stopping = new AbortController()
    const sending = sendLines({
      stdin: new PassThrough(),
      maximumBytes: 10,
      signal: stopping.signal,
      send: () => undefined,
      isWaiting: () => false,
      onCut: () => undefined,
    })
    stopping.abort()
    await expect(sending).resolves.toBeUndefined()
  })
})
