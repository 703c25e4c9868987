import { describeWithDocker } from '@sockyard/testkit/docker'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { docker } from './support/docker.ts'
import { startNetwork } from './support/network.ts'

/** Programs in C that behave as the classic ones: a NUL ends a message, buffers have 100 bytes. */
describeWithDocker('the classic clients and servers in C', () => {
  const stack = new AsyncDisposableStack()
  let peers: RunningContainer
  let networkName: string

  beforeAll(async () => {
    const network = stack.use(await startNetwork())
    networkName = network.getName()
    const [echo, datagrams, classic] = await Promise.all([
      startService('tcp-echo', { network }),
      startService('udp-echo', { network }),
      startPeers({ network, alias: 'classic' }),
    ])
    for (const each of [echo, datagrams, classic]) stack.use(each)
    peers = classic
  })
  afterAll(() => stack.disposeAsync())

  /** Runs a client of ours to its end, beside them. */
  const ours = (app: string, ...args: string[]): Promise<string> =>
    docker(['run', '--rm', '--network', networkName, `sockyard/${app}`, ...args])

  it.each([
    ['tcp-client tcp-echo 3111', 'hello\n'],
    ['tcp-exchange tcp-echo 3111', 'hello\n'],
    ['udp-client udp-echo 3333', '100 hello\n'],
  ])('the classic program against Sockyard: %s', async (command, printed) => {
    expect(await peers.run('classic', ...command.split(' '), 'hello')).toBe(printed)
  })

  it.each([
    ['tcp-server 4001', 'tcp-echo', ['exchange', 'classic:4001', 'hello']],
    ['udp-server 4002', 'udp-echo', ['exchange', '-4', 'classic:4002', 'hello']],
  ])('Sockyard against the classic program: 100 bytes, %s', async (server, app, args) => {
    await using theirs = peers.exec('classic', ...server.split(' '))
    await theirs.waitForText(/ready/)
    expect(await ours(app, ...args)).toMatch(/received +100 B from \S+ "hello" \+ 95 NULs\n/)
    await expect(theirs.exited).resolves.toMatchObject({ code: 0 })
    expect(theirs.stdout).toBe('ready\nhello\n')
  })

  it('Sockyard against the classic program: one message for each of two turns of an iterative server', async () => {
    await using theirs = peers.exec('classic', 'iterative', '4003', '2')
    await theirs.waitForText(/ready/)
    for (const text of ['Test message #1', 'Test message #2'])
      expect(await ours('tcp-echo', 'send', 'classic:4003', text, '--nul')).toMatch(
        new RegExp(`received +16 B from \\S+ "${text}" \\+ NUL\n`),
      )
    await expect(theirs.exited).resolves.toMatchObject({ code: 0 })
  })

  it('Sockyard against the classic program: words for a server that prints and answers nothing', async () => {
    await using theirs = peers.exec('classic', 'print', '4004')
    await theirs.waitForText(/ready/)
    await ours('tcp-echo', 'send', 'classic:4004', 'bonjour', 'les', 'amis', '--nul')
    await theirs.exited
    expect(theirs.stdout).toBe('ready\nbonjour\nles\namis\nend\n')
  })

  it('the classic program against Sockyard: words for the server that shows what comes', async () => {
    const name = `receive-${networkName}`
    const options = ['--network', networkName, '--name', name]
    await using _gone = {
      [Symbol.asyncDispose]: async () => void (await docker(['rm', '--force', name])),
    }
    const receive = docker(['run', ...options, 'sockyard/tcp-echo', 'receive', '-c', '1'])
    const words = `classic words ${name} 3111 bonjour les amis`
    const patient = `for _ in $(seq 200); do ${words} 2> /dev/null && exit; sleep 0.1; done; exit 1`
    await peers.run('sh', '-c', patient)
    const shown = await receive
    expect(shown.replaceAll('" + NUL', '\\0"')).toMatch(/"bonjour\\0/)
    expect(shown).toMatch(/received \d \(17 B\)\n$/)
  })
})
