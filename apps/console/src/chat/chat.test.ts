import { once } from 'node:events'
import { connect, Socket } from 'node:net'

import { consoleChat, consoleChatLine, consoleChatMember } from '@sockyard/protocol/results'
import { runApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { PATIENCE } from '../browser.testing.ts'
import { type Answer, get, startConsole } from '../console.testing.ts'
import { ChatMembers } from './chat-members.ts'
import { startChatAndConsole, TelnetUser } from './chat.testing.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let running: Awaited<ReturnType<typeof startChatAndConsole>>
beforeAll(async () => {
  running = await startChatAndConsole({
    chat: ['--proxy-from', '127.0.0.1', '--deny', '127.0.0.66'],
    console: ['--chat-proxy'],
  })
})
afterAll(() => running[Symbol.asyncDispose]())

interface PostOptions {
  body?: string
  headers?: Record<string, string>
  /** The address of the browser. */
  from?: string | undefined
}

function post(port: number, path: string, options: PostOptions = {}): Promise<Answer> {
  const { headers = {}, ...more } = options
  return get(port, path, headers, 'POST', more)
}

async function join(port: number, name = '', from?: string): Promise<string> {
  const { status, text } = await post(port, `/api/chat?name=${name}`, { from })
  expect({ status, text }).toMatchObject({ status: 200 })
  return consoleChatMember.parse(JSON.parse(text)).member
}

/** The lines of a member until one is `last`. */
async function linesUntil(port: number, member: string, last: string): Promise<string[]> {
  const leaving = new AbortController()
  const url = `http://127.0.0.1:${port}/api/chat/stream?member=${member}`
  const { body } = await fetch(url, { signal: leaving.signal })
  let text = ''
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    if (text.includes(last)) break
  }
  leaving.abort()
  const data = [...text.matchAll(/^event: line\ndata: (.*)$/gm)].map(([, json = '']) => json)
  return data.map((json) => consoleChatLine.parse(JSON.parse(json)).text)
}

test('it speaks as any member; who says nothing to it is not in the chat', async () => {
  using anna = await TelnetUser.join(running.chatPort, 'anna')
  const member = await join(running.port, 'zoe')
  const lines = await linesUntil(running.port, member, 'is now zoe')
  expect(lines[0]).toMatch(/^\* welcome, you are /)
  const path = `/api/chat/lines?member=${member}`
  expect(await post(running.port, path, { body: 'one\r\nline\u202E\u001B[2J' })).toMatchObject({
    status: 204,
  })
  await anna.hears('zoe: oneline[2J\n')
  const { text } = await get(running.port, '/api/chat')
  expect(consoleChat.parse(JSON.parse(text))).toMatchObject({ state: 'ready', members: 1 })
  await post(running.port, `/api/chat/leave?member=${member}`)
  await anna.hearsThat('zoe', 'left')
})

test.each([
  ['a foreign page', { headers: { origin: 'http://evil.example' } }, 403],
  ['a form of another site', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ['a foreign host', { headers: { host: 'evil.example' } }, 421],
  ['a line of 5,000 bytes', { body: 'x'.repeat(5_000) }, 413],
])('%s says nothing', async (_, options, status) => {
  const member = await join(running.port)
  const path = `/api/chat/lines?member=${member}`
  expect(await post(running.port, path, options)).toMatchObject({ status })
  await post(running.port, `/api/chat/leave?member=${member}`)
})

test.each(['lines', 'leave'])('without a member there is nobody to %s', async (what) => {
  expect(await post(running.port, `/api/chat/${what}`)).toMatchObject({ status: 404 })
  expect(await get(running.port, `/api/chat/${what}?member=x`)).toMatchObject({ status: 404 })
})

test('16 browsers take part, no more; each outcome is counted', async () => {
  const { port } = running
  const count = async () =>
    consoleChat.parse(JSON.parse((await get(port, '/api/chat')).text)).members
  await expect.poll(count, PATIENCE).toBe(0)
  const members = await Promise.all(Array.from({ length: 16 }, () => join(port)))
  expect(await post(port, '/api/chat')).toMatchObject({ status: 503 })
  expect(await post(port, '/api/chat?name=a%20b')).toMatchObject({ status: 400 })
  const metrics = await running.metrics()
  expect(metrics).toContain('sockyard_console_chat_members 16\n')
  expect(metrics).toContain('sockyard_console_chat_joins_total{outcome="full"} 1\n')
  expect(metrics).toContain('sockyard_console_chat_joins_total{outcome="name"} 1\n')
  for (const member of members) await post(port, `/api/chat/leave?member=${member}`)
  await expect.poll(count, PATIENCE).toBe(0)
})

test('with --chat-proxy the chat server knows each browser by its own address', async () => {
  await join(running.port, 'zoe', '127.0.0.55')
  const url = `http://127.0.0.1:${await running.chat.adminPort()}/peers`
  const peers = async () => (await fetch(url)).text()
  await expect.poll(peers, PATIENCE).toContain('"remoteAddress":"127.0.0.55"')
  const denied = await join(running.port, 'eve', '127.0.0.66')
  const told = 'connections from your address are not allowed'
  expect((await linesUntil(running.port, denied, told)).join('')).toContain(told)
})

test('a page that is gone leaves', async () => {
  using anna = await TelnetUser.join(running.chatPort, 'anna')
  const server = `127.0.0.1:${running.chatPort}`
  const members = new ChatMembers({ isOn: true, server, proxy: true, leftAloneMillis: 0 })
  const browser = connect(running.port, '127.0.0.1')
  await once(browser, 'connect')
  await members.join('max', browser)
  browser.destroy()
  await anna.hearsThat('max', 'joined')
  members.sweep(performance.now())
  await anna.hearsThat('max', 'left')
  await expect.poll(() => members.overview.members, PATIENCE).toBe(0)
  members.stop()
})

test('without a server nobody takes part', async () => {
  const members = new ChatMembers({ isOn: true, server: '127.0.0.1:1', proxy: false })
  await expect(members.join('', new Socket())).rejects.toMatchObject({
    fault: 'unreachable',
    message: 'no connection to the chat server: 127.0.0.1:1: connection refused',
  })
  members.stop()
})

test('--no-chat switches it off', async () => {
  const { app, port } = await startConsole(['--no-chat'])
  await using _ = app
  expect(JSON.parse((await get(port, '/api/chat')).text)).toMatchObject({ state: 'off' })
  expect(await post(port, '/api/chat')).toMatchObject({ status: 403 })
})

test('a server that is none is a usage error', async () => {
  const { code, stderr } = await runApp('console', ['--chat-server', 'host:0'])
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'console: --chat-server host:0: must be HOST, HOST:PORT or [IPv6]:PORT\n',
  })
})
