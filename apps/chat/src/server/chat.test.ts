import { expect, test } from 'vitest'

import { member, metric, type Peer, peer, startChat } from '../chat.testing.ts'

test('a client that connects is greeted at once with its name and the list of names', async () => {
  await using chat = await startChat()
  await using anna = await peer(chat.port)
  const name = await anna.name()
  expect(name).toMatch(/^[a-z]+-\d+$/)
  await anna.hears(`* 1 here: ${name} (you)\n`)
})

test('a line appears at all others as `name: line`, and joins and leaves are announced', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await anna.hears('* berta joined\n')
  const carl = await member(chat.port, 'carl')
  carl.type('hello everybody\r\n')
  await Promise.all([anna.hears('carl: hello everybody\n'), berta.hears('carl: hello everybody\n')])
  await carl[Symbol.asyncDispose]()
  await Promise.all([anna.hears('* carl left\n'), berta.hears('* carl left\n')])
  expect(carl.heard).not.toContain('hello')
})

test('a client that chooses its name at once arrives with it; a later one is announced', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  await anna.hears('* berta joined\n')
  berta.type('/nick carl\n')
  await anna.hears('* berta is now carl\n')
  expect(anna.heard).toMatch(/is now anna\n\* berta joined\n\* berta is now carl\n$/)
  expect(berta.heard).not.toContain('joined')
})

test('a client that takes the name of a member that left is heard after that was announced', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  const crowd = await Promise.all(
    Array.from({ length: 8 }, (_, index) => member(chat.port, `m${index}`)),
  )
  const admin = await member(chat.port, 'admin')
  await anna.hears(/admin joined\n/)
  await using eve = await member(chat.port, 'eve')
  await anna.hears(/eve joined\n/)
  // More than are announced singly in a second.
  await Promise.all([...crowd, admin].map((each) => each[Symbol.asyncDispose]()))
  await becomes(eve, 'admin')
  eve.type('hello\n')
  await anna.hears('admin: hello\n')
  expect(anna.heard).toMatch(/admin left\n[^]*is now admin\n[^]*admin: hello\n$/)
})

test('/who /me /help /quit and an unknown command', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  anna.type('/who\n')
  await anna.hears('* 2 here: anna (you), berta\n')
  anna.type('/help\n')
  await anna.hears('* /quit       leave\n')
  anna.type('/dance\n')
  await anna.hears('* unknown command /dance; /help lists the commands\n')
  anna.type('/me waves\n//etc is a folder\n/quit\nnot said any more\n')
  await berta.hears('~ anna waves\nanna: /etc is a folder\n* anna left\n')
  await anna.hears('* goodbye\n')
  await anna.closed
  berta.type('/who\n')
  await berta.hears('* 1 here: berta (you)\n')
  expect(berta.heard).not.toContain('not said')
})

test('a name that is in use, looks like one in use, or is malformed is rejected', async () => {
  await using chat = await startChat()
  await using _anna = await member(chat.port, 'anna')
  await using eve = await peer(chat.port)
  eve.type('/nick ANNA\n')
  await eve.hears('* ANNA is in use, or looks like a name that is\n')
  eve.type('/nick аnna\n')
  await eve.hears('* аnna is in use')
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

test('a line is truncated after --max-line bytes, and its sender is notified', async () => {
  await using chat = await startChat('--max-line', '16')
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  anna.type('0123456789abcdefghij\nnext\n')
  await berta.hears('anna: 0123456789abcdef\nanna: next\n')
  await anna.hears('* your line was truncated after 16 bytes\n')
  expect(await metric(chat.app, 'sockyard_chat_truncated_lines_total')).toBe(1)
})

test('a telnet client that negotiates is answered, and no other client is affected', async () => {
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

test('a storm of connections is announced in a few lines', async () => {
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

test('SIGTERM: all clients are notified, connections are closed cleanly, exit 0', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using berta = await member(chat.port, 'berta')
  chat.app.kill('SIGTERM')
  await Promise.all([anna.closed, berta.closed])
  expect(await chat.app.exited).toEqual({ code: 0, signal: null })
  for (const { heard, socket } of [anna, berta]) {
    expect(heard).toMatch(/\* the server is shutting down\n$/)
    expect(socket.errored).toBeNull()
  }
})

test('a client of a full server is rejected with one line', async () => {
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

test('a client over the limit of its address, or denied by a list, is rejected with one line', async () => {
  await using chat = await startChat('--max-connections-per-address', '1')
  await using anna = await peer(chat.port)
  await anna.name()
  await using second = await peer(chat.port)
  await second.closed
  expect(second.heard).toBe('* too many connections from your address; try again later\n')
  await using closed = await startChat('--deny', '127.0.0.0/8')
  await using denied = await peer(closed.port)
  await denied.closed
  expect(denied.heard).toBe('* connections from your address are not allowed\n')
})

/** Tries until the name is free: a connection ends a moment after its client has left. */
async function becomes(client: Peer, nick: string): Promise<void> {
  for (;;) {
    client.heard = ''
    client.type(`/nick ${nick}\n`)
    const [answer] = await client.hears(/is now \S+\n|in use/)
    if (answer !== 'in use') return
  }
}

/** Tries until there is room: a connection ends a moment after its client has left the chat. */
async function comesIn(port: number): Promise<boolean> {
  for (;;) {
    await using next = await peer(port)
    const [, greeting] = await next.hears(/^\* (welcome|the server is full)/)
    if (greeting === 'welcome') return true
  }
}
