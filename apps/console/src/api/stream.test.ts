import { randomGroup } from '@sockyard/testkit/network'
import { startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import { startConsole } from '../console.testing.ts'

/** Reads the stream until it has enough, and leaves. */
async function readStream(
  port: number,
  headers: Record<string, string>,
  isEnough: (text: string) => boolean,
): Promise<string> {
  const leaving = new AbortController()
  const url = `http://127.0.0.1:${port}/api/stream`
  const { body } = await fetch(url, { headers, signal: leaving.signal })
  let text = ''
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    if (isEnough(text)) break
  }
  leaving.abort()
  return text
}

function idsOf(text: string): number[] {
  return [...text.matchAll(/^id: (\d+)\nevent: event$/gm)].map(([, id]) => Number(id))
}

test('the stream tells what is now and each event; who comes back gets what was missed, once', async () => {
  const args = [
    '--interface',
    '127.0.0.1',
    '--group',
    randomGroup(),
    '--interval',
    '50ms',
    '--json',
  ]
  await using sender = await startApp('multicast-sender', args)
  const admin = `http://127.0.0.1:${await sender.adminPort()}`
  const { app, port } = await startConsole(['--services', admin])
  await using _ = app
  const first = await readStream(port, {}, (text) => idsOf(text).length >= 3)
  expect(first).toMatch(/^event: services\ndata: \{"services":\[/)
  expect(first).toContain('\n\nevent: topology\ndata: {')
  const last = idsOf(first).at(-1) ?? 0
  const back = await readStream(
    port,
    { 'last-event-id': String(last) },
    (text) => idsOf(text).length >= 20,
  )
  const ids = idsOf(back)
  expect(ids).toEqual(ids.map((_id, index) => last + 1 + index))
})
