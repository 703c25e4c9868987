import { dripFeeder } from '@sockyard/testkit/drip-feeder'
import { resettingPeer } from '@sockyard/testkit/resetting-peer'
import { expect, test } from 'vitest'

import { member, peer } from './peer.testing.ts'
import { metric, startChat } from './server.testing.ts'

test('who is silent is asked, an empty line answers, and who does not answer is dropped', async () => {
  await using chat = await startChat('--idle-timeout', '1s')
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await anna.hears(/\* still there\? press Enter within 1 s/)
  anna.heard = ''
  anna.type('\n')
  await berta.hears('* you were silent for too long; goodbye\n')
  await berta.closed
  await anna.hears('* berta left\n')
  // Asked again, so the answer counted.
  await anna.hears('* still there?')
  expect(await metric(chat.app, 'sockyard_chat_dropped_total{reason="idle"}')).toBe(1)
})

test('who begins a first line and drips is dropped; who only listens is not', async () => {
  await using chat = await startChat('--first-line-timeout', '300ms')
  await using listener = await peer(chat.port)
  await listener.name()
  await using drip = await dripFeeder(chat.port, { everyMillis: 20 })
  await drip.closed
  await listener.hears(/ joined\n\* \S+ left\n/)
  listener.type('/who\n')
  await listener.hears('* 1 here')
  expect(await metric(chat.app, 'sockyard_chat_dropped_total{reason="unfinished-line"}')).toBe(1)
})

test('who sends too fast is told so once, waits, and loses nothing', async () => {
  await using chat = await startChat('--rate-limit', '50')
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  const lines = Array.from({ length: 540 }, (_, index) => `line ${index}`)
  berta.socket.end(lines.map((line) => `${line}\n`).join(''))
  await anna.hears('* berta left\n')
  expect(anna.heard.split('\n').filter((line) => line.startsWith('berta: '))).toEqual(
    lines.map((line) => `berta: ${line}`),
  )
  expect(berta.heard.match(/\* slow down: your lines wait, 50 a second/g)).toHaveLength(1)
  expect(await metric(chat.app, 'sockyard_chat_held_total{reason="rate"}')).toBe(1)
})

test('who floods for too long is dropped, and the others hear no more of it', async () => {
  await using chat = await startChat('--rate-limit', '10', '--flood-timeout', '300ms')
  await using anna = await member(chat.port, 'anna')
  await using flooder = await member(chat.port, 'flooder')
  flooder.type('x\n'.repeat(100_000))
  await anna.hears('* flooder left\n')
  await flooder.closed
  expect(anna.heard.match(/flooder: x/g)?.length).toBeLessThan(200)
  expect(flooder.heard).toContain('* you said too much for too long; goodbye\n')
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
