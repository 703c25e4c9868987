import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

import { runApp, type RunningApp, startApp, startInTerminal } from '@sockyard/testkit/process'
import { expect, onTestFinished, test } from 'vitest'

import { member, peer, startChat } from '../chat.testing.ts'

/** As users have it; the tests' own setting would have it say at which port it answers. */
const withoutAdminPort = { env: { SOCKYARD_ADMIN_PORT: '' } }

/** As `cursorTo(0)` and `clearScreenDown` write it, for a regular expression. */
const CLEARED = '\u001B\\[1G\u001B\\[0J'

test('echo hi | join: sends the line, waits until it is delivered, exits with 0', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`)
  const stdin = lines.join('\n')
  const words = ['join', `127.0.0.1:${chat.port}`, '--nick', 'Zoé']
  const ran = await runApp('chat', words, { stdin, ...withoutAdminPort })
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(ran.stdout).toMatch(/^\* welcome, you are \S+; [^]*\* \S+ is now Zoé\n$/)
  await anna.hears('* Zoé left\n')
  expect(anna.heard.split('\n').filter((line) => line.startsWith('Zoé: '))).toEqual(
    lines.map((line) => `Zoé: ${line}`),
  )
})

test('join in a pipe answers the probe by itself and never in the middle of a line', async () => {
  await using chat = await startChat('--idle-timeout', '500ms')
  await using app = await startApp('chat', ['join', `127.0.0.1:${chat.port}`, '--nick', 'zoe'])
  await app.waitForText(/is now zoe/)
  app.stdin.write('half a ')
  await using anna = await member(chat.port, 'anna')
  await anna.hears('* still there?')
  anna.type('\n')
  await anna.hears(/still there\?[^]*still there\?/)
  anna.type('\n')
  app.stdin.write('line\n/quit\n')
  await anna.hears('zoe: half a line\n* zoe left\n')
  expect(await app.exited).toEqual({ code: 0, signal: null })
  expect(app.stdout).not.toContain('still there')
})

test('a server that goes down is an error, said in one line', async () => {
  await using chat = await startChat()
  await using app = await startApp('chat', ['join', `127.0.0.1:${chat.port}`], withoutAdminPort)
  await app.waitForText(/welcome/)
  chat.app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 1, signal: null })
  expect(app.stdout).toMatch(/\* the server is shutting down\n$/)
  expect(app.stderr).toBe(`chat: 127.0.0.1:${chat.port}: the server closed the connection\n`)
})

test('SIGINT leaves, exit 0', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using app = await startApp('chat', ['join', `127.0.0.1:${chat.port}`, '-n', 'zoe'])
  await anna.hears('* zoe joined\n')
  app.kill('SIGINT')
  await anna.hears('* zoe left\n')
  expect(await app.exited).toEqual({ code: 0, signal: null })
})

test('a hostile server does nothing to the terminal of the user', async () => {
  const server = await serverThat((socket) =>
    socket.end(Buffer.from('\xff\xfd\x18\x1b[2J\x1b]0;owned\x07hello\x9b1A\r\nrest\b', 'latin1')),
  )
  const ran = await runApp('chat', ['join', `127.0.0.1:${server}`])
  expect(ran.stdout).toBe('[2J]0;ownedhello\uFFFD1A\nrest\n')
})

test('a server that resets is an error of class RESET, said in one line', async () => {
  const server = await serverThat((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const words = ['join', `127.0.0.1:${server}`]
  const ran = await runApp('chat', words, { stdin: 'hi\n', ...withoutAdminPort })
  expect(ran).toMatchObject({
    code: 1,
    stderr: `chat: 127.0.0.1:${server}: connection reset by the peer\n`,
  })
})

test('on a terminal lines are edited, and received lines do not disturb the input line', async () => {
  await using chat = await startChat()
  await using anna = await peer(chat.port)
  await anna.name()
  await using terminal = startInTerminal('chat', ['join', `127.0.0.1:${chat.port}`, '-n', 'zoe'])
  await terminal.waitForText(/is now zoe/)
  terminal.stdin.write('helo\x1b[D')
  await terminal.waitForText(/helo/)
  anna.type('meanwhile\n')
  // The line is cleared, the news is shown, the line comes back with its prompt.
  await terminal.waitForText(new RegExp(`${CLEARED}[^\n]*: meanwhile\r\n[^\n]*> helo`))
  terminal.stdin.write('l\r')
  await anna.hears('zoe: hello\n')
  terminal.stdin.write('\x04')
  await anna.hears('* zoe left\n')
  expect((await terminal.exited).code).toBe(0)
})

test('Ctrl-C leaves a server that does not answer any more', async () => {
  const server = await serverThat((socket) => void socket.write('* welcome\n'))
  await using terminal = startInTerminal('chat', ['join', `127.0.0.1:${server}`])
  await terminal.waitForText(/welcome/)
  terminal.stdin.write('\x03')
  expect((await terminal.exited).code).toBe(0)
})

test('SIGINT leaves a server that does not read any more', async () => {
  const server = await serverThat((socket) => void socket.pause().write('* welcome\n'))
  await using app = await startApp('chat', ['join', `127.0.0.1:${server}`])
  await app.waitForText(/welcome/)
  app.stdin.write('more than the kernel takes\n'.repeat(1_000_000))
  await stalled(app.stdin)
  app.kill('SIGINT')
  expect(await app.exited).toEqual({ code: 0, signal: null })
})

/** Resolves when nothing is read from the other end any more. */
async function stalled(stream: RunningApp['stdin']): Promise<void> {
  let before = Number.NaN
  const isSame = (): boolean => before === (before = stream.writableLength)
  await expect.poll(isSame, { interval: 250 }).toBe(true)
}

/** @returns the port of a server that treats each connection so */
async function serverThat(treat: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    treat(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
