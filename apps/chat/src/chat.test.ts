import { expect, test } from 'vitest'

import { member, peer } from './peer.testing.ts'
import { metric, startChat } from './server.testing.ts'

test('whoever connects is in at once: greeted with a name, and told who is here', async () => {
  await using chat = await startChat()
  await using anna = await peer(chat.port)
  const name = await anna.name()
  expect(name).toMatch(/^[a-z]+-\d+$/)
  await anna.hears(`* 1 here: ${name} (you)\n`)
})

test('what one types appears for all the others as `name: line`, and who comes and goes is told', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await anna.hears(/\* \S+ joined\n\* \S+ is now berta\n/)
  const carl = await member(chat.port, 'carl')
  carl.type('hello everybody\r\n')
  await Promise.all([anna.hears('carl: hello everybody\n'), berta.hears('carl: hello everybody\n')])
  await carl[Symbol.asyncDispose]()
  await Promise.all([anna.hears('* carl left\n'), berta.hears('* carl left\n')])
  expect(carl.heard).not.toContain('hello')
})

test('/who /me /help /quit and what is no command', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  anna.type('/who\n')
  await anna.hears('* 2 here: anna (you), berta\n')
  anna.type('/help\n')
  await anna.hears('* /quit       leave\n')
  anna.type('/dance\n')
  await anna.hears('* there is no /dance; /help lists the commands\n')
  anna.type('/me waves\n//etc is a folder\n/quit\nnot said any more\n')
  await berta.hears('~ anna waves\nanna: /etc is a folder\n* anna left\n')
  await anna.hears('* goodbye\n')
  await anna.closed
  berta.type('/who\n')
  await berta.hears('* 1 here: berta (you)\n')
  expect(berta.heard).not.toContain('not said')
})

test('nobody takes a name that is taken or looks like it, or is none', async () => {
  await using chat = await startChat()
  await using _anna = await member(chat.port, 'anna')
  await using eve = await peer(chat.port)
  eve.type('/nick ANNA\n')
  await eve.hears('* ANNA is taken, or too like a name that is\n')
  eve.type('/nick аnna\n')
  await eve.hears('* аnna is taken')
  eve.type('/nick * the server\n')
  await eve.hears('* a name must be letters')
  eve.type('/nick\n')
  await eve.hears('* a name must not be empty\n')
  expect(await metric(chat.app, 'sockyard_chat_names_refused_total{reason="taken"}')).toBe(2)
  expect(await metric(chat.app, 'sockyard_chat_names_refused_total{reason="malformed"}')).toBe(2)
})

test('half a line is kept until its end comes, also when the end is that of the stream', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await using carl = await member(chat.port, 'carl')
  berta.type('one ')
  carl.type('in between\n')
  await anna.hears('carl: in between\n')
  expect(anna.heard).not.toContain('one')
  berta.type('line\nand a')
  await anna.hears('berta: one line\n')
  berta.socket.end('nother')
  await anna.hears('berta: and another\n* berta left\n')
})

test('a line is cut off after --max-line bytes, and who typed it is told', async () => {
  await using chat = await startChat('--max-line', '16')
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  anna.type('0123456789abcdefghij\nnext\n')
  await berta.hears('anna: 0123456789abcdef\nanna: next\n')
  await anna.hears('* your line was cut off after 16 bytes\n')
  expect(await metric(chat.app, 'sockyard_chat_truncated_lines_total')).toBe(1)
})

test('a telnet client that negotiates is answered, and nobody else notices', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await peer(chat.port)
  await berta.name()
  const answer = new Promise<Buffer>((resolve) => {
    berta.socket.removeAllListeners('data').setEncoding('latin1')
    berta.socket.once('data', (text: string) => resolve(Buffer.from(text, 'latin1')))
  })
  // IAC DO TIMING-MARK inside a line, as Ctrl-C makes telnet send it.
  berta.type(Buffer.from('he\xff\xfd\x06llo\r\n', 'latin1'))
  await anna.hears(': hello\n')
  expect(await answer).toEqual(Buffer.from([255, 252, 6]))
})

test('a storm of connections is told in a few lines', async () => {
  await using chat = await startChat('--max-connections-per-address', '1000')
  await using anna = await member(chat.port, 'anna')
  const storm = await Promise.all(Array.from({ length: 200 }, () => peer(chat.port)))
  await Promise.all(storm.map((each) => each.name()))
  await anna.hears(/ and \d+ others joined\n/)
  await Promise.all(storm.map((each) => each[Symbol.asyncDispose]()))
  await anna.hears(/ and \d+ others left\n/)
  // 6 lines a second, in the few seconds this takes, instead of 400.
  expect(anna.heard.split('\n').length).toBeLessThan(100)
})

test('SIGTERM: everybody is told, the connection is closed cleanly, exit 0', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  chat.app.kill('SIGTERM')
  await Promise.all([anna.closed, berta.closed])
  expect(await chat.app.exited).toEqual({ code: 0, signal: null })
  for (const { heard, socket } of [anna, berta]) {
    expect(heard).toMatch(/\* the server is going down\n$/)
    expect(socket.errored).toBeNull()
  }
})

test('who finds the server full is told so in one line', async () => {
  await using chat = await startChat('--max-connections', '2')
  const anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await using late = await peer(chat.port)
  await late.closed
  expect(late.heard).toBe('* the server is full; try again later\n')
  expect(await metric(chat.app, 'sockyard_tcp_refused_total{reason="too-many"}')).toBe(1)
  await anna[Symbol.asyncDispose]()
  await berta.hears('* anna left\n')
  expect(await comesIn(chat.port)).toBe(true)
})

test('who comes too often from one address, or is on a list, is told so', async () => {
  await using chat = await startChat('--max-connections-per-address', '1')
  await using anna = await peer(chat.port)
  await anna.name()
  await using second = await peer(chat.port)
  await second.closed
  expect(second.heard).toBe('* too many connections from your address; try again later\n')
  await using closed = await startChat('--deny', '127.0.0.0/8')
  await using denied = await peer(closed.port)
  await denied.closed
  expect(denied.heard).toBe('* you may not come in from your address\n')
})

/** Tries until there is room: a connection ends a moment after its client has left the chat. */
async function comesIn(port: number): Promise<boolean> {
  for (;;) {
    await using next = await peer(port)
    const [, greeting] = await next.hears(/^\* (welcome|the server is full)/)
    if (greeting === 'welcome') return true
  }
}
