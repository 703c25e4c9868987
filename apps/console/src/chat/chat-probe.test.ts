import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { PATIENCE } from '../browser.testing.ts'
import { ChatMembers } from './chat-members.ts'
import { readUntil } from './chat.testing.ts'
import { LineStream } from './line-stream.ts'

const PROBE = '* still there? press Enter within 60 s, or you will be disconnected\n'

test('the probe of the server is answered while the page is open, and shown once it is not', async () => {
  const chat = createServer()
  const members = new ChatMembers({
    isOn: true,
    server: `127.0.0.1:${await listen(chat)}`,
    proxy: false,
  })
  onTestFinished(() => members.stop())
  const accepted = once(chat, 'connection') as Promise<[Socket]>
  const member = await members.join('', new Socket())
  const [server] = await accepted
  let answered = ''
  server.setEncoding('utf8').on('data', (text: string) => (answered += text))

  const http = createHttpServer((_request, response) => member.follow(new LineStream(response), 0))
  const url = `http://127.0.0.1:${await listen(http)}`
  const read = readUntil(url, 'anna: hello')
  await expect.poll(() => member.isFollowed, PATIENCE).toBe(true)
  server.write(`${PROBE}anna: hello\n`)
  expect(await read).not.toContain('still there')
  await expect.poll(() => answered, PATIENCE).toBe('\n')

  await expect.poll(() => member.isFollowed, PATIENCE).toBe(false)
  server.write(`${PROBE}anna: bye\n`)
  expect(await readUntil(url, 'anna: bye')).toContain('still there')
  expect(answered).toBe('\n')
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
