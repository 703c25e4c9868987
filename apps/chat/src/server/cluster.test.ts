import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { OrderedStream } from '@sockyard/bus/ordered-stream'
import { describeWithDocker, NatsServer } from '@sockyard/testkit/docker'
import { expect, it, test } from 'vitest'

import { member, type Peer, peer, startChat } from '../chat.testing.ts'

const temporaryFile = (name: string): string => join(mkdtempSync(join(tmpdir(), 'chat-')), name)

/** The lines that members said, as `reader` saw them. */
const saidTo = ({ heard }: Peer): string[] => heard.match(/^[\w-]+: .*$/gm) ?? []

describeWithDocker('nodes on one NATS server', () => {
  it('are one chat: one order of lines, and the past for who joins', async () => {
    await using server = await NatsServer.start()
    const options = ['--cluster', server.url, '--history', '3']
    await using first = await startChat(...options)
    await using second = await startChat(...options)
    await using anna = await member(first.port, 'anna')
    await using zoe = await member(second.port, 'zoe')
    await using one = await member(first.port, 'one')
    await using two = await member(second.port, 'two')
    for (let each = 0; each < 100; each += 1) {
      anna.type(`a${each}\n`)
      zoe.type(`z${each}\n`)
    }
    for (const reader of [one, two]) {
      await reader.hears('anna: a99\n')
      await reader.hears('zoe: z99\n')
    }
    expect(saidTo(one)).toHaveLength(200)
    expect(saidTo(two)).toEqual(saidTo(one))
    expect(saidTo(anna).every((line) => line.startsWith('zoe: '))).toBe(true)
    await using third = await startChat(...options)
    await using late = await peer(third.port)
    await late.hears(saidTo(one).slice(-3).join('\n'))
  })

  it('take lines while it is away, say that they wait, and deliver them once, a killed node too', async () => {
    await using server = await NatsServer.start()
    const spool = ['--spool', temporaryFile('spool.sqlite')]
    await using other = await startChat('--cluster', server.url)
    await using reader = await member(other.port, 'reader')
    const killed = await startChat('--cluster', server.url, ...spool)
    await using anna = await member(killed.port, 'anna')
    anna.type('before\n')
    await reader.hears('anna: before\n')
    await server.kill()
    for (let each = 0; each < 50; each += 1) anna.type(`${each}\n`)
    await anna.hears('lines wait')
    await killed[Symbol.asyncDispose]()
    await server.restart()
    await using restarted = await startChat('--cluster', server.url, ...spool)
    await reader.hears('anna: 49\n')
    const numbers = Array.from({ length: 50 }, (_, each) => `anna: ${each}`)
    expect(saidTo(reader)).toEqual(['anna: before', ...numbers])
    await using zoe = await member(restarted.port, 'zoe')
    zoe.type('after\n')
    await reader.hears('zoe: after\n')
  })

  it('give a name to one member of all, and free it when that leaves', async () => {
    await using server = await NatsServer.start()
    await using first = await startChat('--cluster', server.url)
    await using second = await startChat('--cluster', server.url)
    await using anna = await member(first.port, 'anna')
    await using other = await peer(second.port)
    const name = await other.name()
    other.type('/nick ANNA\nstill myself\n')
    await other.hears('* ANNA is in use')
    await anna.hears(`${name}: still myself\n`)
    anna.type('/nick berta\nnow berta\n')
    await other.hears('berta: now berta\n')
    other.type('/nick anna\n/quit\n')
    await anna.hears('* anna left')
    await expect
      .poll(() => anna.type('/nick anna\n').heard, { timeout: 20_000 })
      .toContain('* berta is now anna')
  })

  it('live on through messages that are none of theirs, and pass no control characters on', async () => {
    await using server = await NatsServer.start()
    await using node = await startChat('--cluster', server.url)
    await using anna = await member(node.port, 'anna')
    const stream = await OrderedStream.open(
      { servers: [server.url], name: 'foreign' },
      { name: 'sockyard-chat', history: 0, onMessage: () => {}, onConnected: () => {} },
      new AbortController().signal,
    )
    const hostile = { line: 'mallory: \u001B[2J\nevil', isSaid: true, except: [] }
    const messages = [
      '',
      '\u0000',
      '[]',
      '{"node":1}',
      JSON.stringify({ node: 'x', lines: [hostile] }),
    ]
    for (const [index, text] of messages.entries())
      await stream.publish(`foreign-${index}`, Buffer.from(text))
    const [line] = await anna.hears(/^mallory: .*evil$/m)
    expect(line).not.toContain('\u001B')
    await stream.close()
  })

  it('refuse what does not fit into the spool, and say so', async () => {
    await using server = await NatsServer.start()
    await using node = await startChat('--cluster', server.url, '--max-spool', '2KiB')
    await using anna = await member(node.port, 'anna')
    await server.kill()
    for (let each = 0; each < 10; each += 1) anna.type(`${'x'.repeat(500)}\n`)
    const [line] = await anna.hears('* your line was refused')
    expect(line).toBeDefined()
  })

  it('give their credentials, and never write them', async () => {
    await using server = await NatsServer.start('--user', 'zoe', '--pass', 'right-secret')
    const credentials = temporaryFile('credentials')
    writeFileSync(credentials, 'zoe:right-secret\n')
    const options = ['--cluster', server.url, '--cluster-credentials', credentials]
    await using node = await startChat(...options, '--log-level', 'trace')
    await using anna = await member(node.port, 'anna')
    anna.type('/who\n')
    await anna.hears('1 here')
    expect(node.app.stdout + node.app.stderr).not.toContain('right-secret')
    writeFileSync(credentials, 'zoe:wrong-secret\n')
    await expect(startChat(...options)).rejects.toThrow(/^(?!.*wrong-secret).*[Aa]uthorization/s)
  })
})

test('an address with a password is refused without being repeated', async () => {
  const started = startChat('--cluster', 'nats://zoe:secret@127.0.0.1:4222')
  await expect(started).rejects.toThrow(/^(?!.*secret).*credentials/s)
})
