import { silentReader } from '@sockyard/testkit/peers'
import type { LogLine } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import { member, metric, type Peer, peer, startChat } from '../chat.testing.ts'

const CLIENTS = 100
const TALKERS = 10
const LINES = 200
const LINE = `${'x'.repeat(1_000)}\n`

test('100 clients, 10 talking: every line once to each of the others, in order', async () => {
  await using chat = await startChat('--max-connections-per-address', '200', '--rate-limit', '0')
  const all = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => member(chat.port, `member_${index}`)),
  )
  const talkers = all.slice(0, TALKERS)
  for (let index = 0; index < LINES; index += 1)
    for (const talker of talkers) talker.type(`${index}\n`)
  for (const [index, client] of all.entries()) {
    const others = talkers.filter((talker) => talker !== client)
    const names = others.map((talker) => `member_${all.indexOf(talker)}`)
    for (const name of names) await client.hears(`${name}: ${LINES - 1}\n`)
    expect(linesBySpeaker(client), `heard by ${index}`).toEqual(
      Object.fromEntries(names.map((name) => [name, numbers()])),
    )
  }
  const lines = TALKERS * LINES
  expect(await metric(chat.app, 'sockyard_chat_lines_total')).toBe(lines)
  expect(await metric(chat.app, 'sockyard_chat_deliveries_total')).toBe(lines * (CLIENTS - 1))
  await Promise.all(all.map((each) => each[Symbol.asyncDispose]()))
})

test('a stuck reader is cut off in 2 s, and the others go on in less than 100 ms', async () => {
  await using chat = await startChat('--rate-limit', '0')
  await using speaker = await member(chat.port, 'speaker')
  await using client = await member(chat.port, 'client')
  await using _stuck = await silentReader(chat.port)
  await client.hears(/\* \S+ joined\n/)
  client.remember = 2_000
  const cut = new AbortController()
  const isCut = chat.app.waitForLog(isSlowReader).then(() => cut.abort())
  const millis: number[] = []
  for (let index = 0; !cut.signal.aborted || index < 300; index += 1) {
    const since = performance.now()
    speaker.type(`${LINE.repeat(100)}mark ${index}\n`)
    await client.hears(`speaker: mark ${index}\n`)
    millis.push(performance.now() - since)
  }
  await isCut
  client.type('/who\n')
  await client.hears('* 2 here: speaker, client (you)\n')
  expect(percentile(millis, 0.99)).toBeLessThan(100)
  expect(await metric(chat.app, 'sockyard_chat_dropped_total{reason="slow-reader"}')).toBe(1)
})

test('a reader that stays slow is disconnected also while no lines are sent', async () => {
  await using chat = await startChat(
    '--rate-limit',
    '0',
    '--max-queue',
    '1GiB',
    '--slow-timeout',
    '3s',
  )
  await using speaker = await member(chat.port, 'speaker')
  await using client = await member(chat.port, 'client')
  await using _stuck = await silentReader(chat.port)
  await client.hears(/\* \S+ joined\n/)
  client.remember = 2_000
  // More than the kernel buffers for a client that does not read.
  speaker.type(LINE.repeat(20_000)).type('mark\n')
  await client.hears('speaker: mark\n')
  const since = performance.now()
  await chat.app.waitForLog(isSlowReader)
  expect(performance.now() - since).toBeLessThan(3_000 + 2_000)
  client.type('/who\n')
  await client.hears('* 2 here: speaker, client (you)\n')
})

test('a reader that only pauses loses nothing', async () => {
  await using chat = await startChat('--rate-limit', '0', '--max-queue', '1GiB')
  await using speaker = await member(chat.port, 'speaker')
  await using client = await peer(chat.port)
  await client.name()
  client.socket.pause()
  speaker.type(LINE.repeat(8_000)).type('mark\n/who\n')
  await speaker.hears('* 2 here')
  client.socket.resume()
  await client.hears('speaker: mark\n')
  expect(client.heard.match(/^speaker: x{1000}$/gm)).toHaveLength(8_000)
})

function isSlowReader({ msg, reason }: LogLine): boolean {
  return msg === 'dropped' && reason === 'slow-reader'
}

function percentile(values: readonly number[], share: number): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)]
}

function linesBySpeaker({ heard }: Peer): Record<string, string[]> {
  const spoken = heard.split('\n').flatMap((line) => {
    const [, speaker, text] = /^(member_\d+): (\d+)$/.exec(line) ?? []
    return speaker === undefined || text === undefined ? [] : [{ speaker, text }]
  })
  const groups = Object.groupBy(spoken, ({ speaker }) => speaker)
  return Object.fromEntries(
    Object.entries(groups).map(([speaker, lines]) => [
      speaker,
      (lines ?? []).map(({ text }) => text),
    ]),
  )
}

function numbers(): string[] {
  return Array.from({ length: LINES }, (_, index) => String(index))
}
