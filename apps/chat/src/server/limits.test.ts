import { dripFeeder, resettingPeer, silentReader } from '@sockyard/testkit/peers'
import { expect, test } from 'vitest'

import { member, metric, peer, startChat } from '../chat.testing.ts'

test('an idle client is warned, an empty line keeps it, and without an answer it is disconnected', async () => {
  await using chat = await startChat('--idle-timeout', '3s')
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await anna.hears(/\* still there\? press Enter within 2 s/)
  anna.heard = ''
  anna.type('\n')
  await berta.hears('* disconnected: idle for too long\n')
  await berta.closed
  await anna.hears('* berta left\n')
  expect(await metric(chat.app, 'sockyard_chat_dropped_total{reason="idle"}')).toBe(1)
  // Asked again, so the answer counted.
  await anna.hears('* still there?')
})

test('a client that never completes its first line is disconnected; one that only reads is not', async () => {
  await using chat = await startChat('--first-line-timeout', '300ms')
  await using client = await peer(chat.port)
  await client.name()
  await using drip = await dripFeeder(chat.port, { everyMillis: 20 })
  await drip.closed
  await client.hears(/ joined\n\* \S+ left\n/)
  client.type('/who\n')
  await client.hears('* 1 here')
  expect(await metric(chat.app, 'sockyard_chat_dropped_total{reason="unfinished-line"}')).toBe(1)
})

test('a client over the rate is notified once, delayed, and loses nothing', async () => {
  await using chat = await startChat('--rate-limit', '50')
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  const lines = Array.from({ length: 540 }, (_, index) => `line ${index}`)
  berta.socket.end(lines.map((line) => `${line}\n`).join(''))
  await anna.hears('* berta left\n')
  expect(anna.heard.split('\n').filter((line) => line.startsWith('berta: '))).toEqual(
    lines.map((line) => `berta: ${line}`),
  )
  expect(berta.heard.match(/\* slow down: at most 50 lines a second/g)).toHaveLength(1)
  expect(await metric(chat.app, 'sockyard_chat_held_total{reason="rate"}')).toBe(1)
})

test('a client that floods for too long is disconnected, and nothing more of it is delivered', async () => {
  await using chat = await startChat('--rate-limit', '10', '--flood-timeout', '300ms')
  await using anna = await member(chat.port, 'anna')
  await using flooder = await member(chat.port, 'flooder')
  flooder.type('x\n'.repeat(100_000))
  await anna.hears('* flooder left\n')
  await flooder.closed
  expect(anna.heard.match(/flooder: x/g)?.length).toBeLessThan(200)
  expect(flooder.heard).toContain('* disconnected: over the rate limit for too long\n')
  expect(await metric(chat.app, 'sockyard_chat_dropped_total{reason="flood"}')).toBe(1)
})

test('what waits because of the rate waits at the sender, not here', async () => {
  await using chat = await startChat('--rate-limit', '50')
  await using anna = await member(chat.port, 'anna')
  await using flooder = await member(chat.port, 'flooder')
  flooder.type('x\n'.repeat(10_000_000))
  // The first 500 come at once; the others in the second that the server has had to read too much.
  await anna.hears(/(flooder: x\n){550}/)
  const received = await metric(chat.app, 'sockyard_tcp_bytes_total{direction="received"}')
  expect(received).toBeLessThan(1_000_000)
})

test('peers that reset, half-close at once or send rubbish leave the server as it was', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  for (const bytes of ['', 'half', '\xff\xfa', '/nick '])
    await resettingPeer(chat.port, '127.0.0.1', Buffer.from(bytes, 'latin1'))
  const closing = await peer(chat.port)
  closing.socket.end()
  await closing.closed
  anna.type('/who\n')
  await anna.hears('* 1 here: anna (you)\n')
  expect(chat.app.stderr).toBe('')
})

test('of all that have too much queued together, the one with the most is disconnected', async () => {
  const limits = ['--rate-limit', '0', '--max-queue', '1GiB', '--max-total-queue', '1MiB']
  await using chat = await startChat(...limits)
  await using anna = await member(chat.port, 'anna')
  await using greedy = await silentReader(chat.port)
  await using modest = await silentReader(chat.port)
  modest.socket.write('/nick modest\n/help\n')
  // More than the kernel takes for a client that does not read.
  greedy.socket.write('/nick greedy\n'.concat('/help\n'.repeat(40_000)))
  const { member: name } = await chat.app.waitForLog(({ reason }) => reason === 'memory')
  expect(name).toBe('greedy')
  await anna.hears('* greedy left\n')
  anna.type('/who\n')
  await anna.hears('* 2 here: anna (you), modest\n')
})

test('with 2,000 drip-feeding clients a new one is greeted in 250 ms', async () => {
  await using chat = await startChat(
    '--max-connections',
    '3000',
    '--max-connections-per-address',
    '3000',
  )
  const drips = await Promise.all(
    Array.from({ length: 2_000 }, () => dripFeeder(chat.port, { everyMillis: 1_000 })),
  )
  const greeted: number[] = []
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const since = performance.now()
    await using late = await peer(chat.port)
    await late.name()
    greeted.push(performance.now() - since)
  }
  expect(Math.min(...greeted)).toBeLessThan(250)
  await Promise.all(drips.map((drip) => drip[Symbol.asyncDispose]()))
})
