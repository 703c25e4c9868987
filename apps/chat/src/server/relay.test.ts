import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

import { seededRandom } from '@sockyard/testkit/network'
import { silentReader } from '@sockyard/testkit/peers'
import { expect, test } from 'vitest'

import { startChat } from '../chat.testing.ts'

test('what one sends goes to all the others byte for byte, and nothing else is said', async () => {
  await using chat = await startChat('--relay')
  const [one, two, three] = [await raw(chat.port), await raw(chat.port), await raw(chat.port)]
  const random = seededRandom(1)
  const bytes = Uint8Array.from({ length: 4_000_000 }, () => Math.floor(random() * 256))
  const heard = [buffer(two), buffer(three)]
  const own = buffer(one)
  one.end(bytes)
  expect(await own).toHaveLength(0)
  // The remaining clients are not notified that one left.
  two.end()
  three.end()
  for (const each of await Promise.all(heard)) expect(each.equals(bytes)).toBe(true)
})

test('a reader that is stuck is cut off; those that are only slower than a paste are not', async () => {
  // Time tells them apart, not the queue: a busy machine stops the clients of this test as well.
  await using chat = await startChat('--relay', '--max-queue', '1GiB', '--slow-timeout', '5s')
  const reader = await raw(chat.port)
  const speakers = await Promise.all(Array.from({ length: 5 }, () => raw(chat.port)))
  await using _stuck = await silentReader(chat.port)
  const heard = buffer(reader)
  const paste = Buffer.alloc(4_000_000, 'paste ')
  const gone = speakers.map((speaker) => once(speaker.resume().end(paste), 'close'))
  await chat.app.waitForLog(({ reason }) => reason === 'slow-reader')
  await Promise.all(gone)
  reader.end()
  expect(await heard).toHaveLength(5 * paste.length)
})

test('SIGTERM closes without a word, exit 0', async () => {
  await using chat = await startChat('--relay')
  const one = await raw(chat.port)
  const heard = buffer(one)
  chat.app.kill('SIGTERM')
  expect(await heard).toHaveLength(0)
  expect(await chat.app.exited).toEqual({ code: 0, signal: null })
})

test('a connection without a byte in either direction is closed without a warning', async () => {
  await using chat = await startChat('--relay', '--idle-timeout', '200ms')
  const one = await raw(chat.port)
  expect(await buffer(one)).toHaveLength(0)
})

async function raw(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return socket
}
