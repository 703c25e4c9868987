import { describeWithDocker } from '@sockyard/testkit/docker'
import type { StartedNetwork } from 'testcontainers'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { startNetwork } from './support/network.ts'

describeWithDocker('echo, as foreign clients see it', () => {
  const stack = new AsyncDisposableStack()
  let peers: RunningContainer
  let network: StartedNetwork

  beforeAll(async () => {
    network = stack.use(await startNetwork())
    const [echo, datagrams, clients] = await Promise.all([
      startService('tcp-echo', { network }),
      startService('udp-echo', { network }),
      startPeers({ network }),
    ])
    for (const each of [echo, datagrams, clients]) stack.use(each)
    peers = clients
    await peers.run('sh', '-c', 'head -c 20000000 /dev/urandom > /tmp/20MB')
    await peers.run('sh', '-c', 'head -c 60000 /tmp/20MB > /tmp/60kB')
  })
  afterAll(() => stack.disposeAsync())

  it.each(['-4', '-6'])('TCP answers telnet %s', async (family) => {
    await using telnet = peers.exec('telnet', family, 'tcp-echo', '3111')
    await telnet.waitForText(/Connected to/)
    telnet.stdin.write(`hello by telnet ${family}\n`)
    const [heard] = await telnet.waitForText(/hello .*/)
    expect(heard.trim()).toBe(`hello by telnet ${family}`)
  })

  it.each([
    'ncat -4 tcp-echo 3111',
    'ncat -6 tcp-echo 3111',
    'nc -N tcp-echo 3111',
    'socat -t 30 STDIO TCP4:tcp-echo:3111',
    'socat -t 30 STDIO TCP6:tcp-echo:3111',
  ])('TCP gives back 20 MB and then our FIN: %s', async (client) => {
    const differences = await peers.run('sh', '-c', `${client} < /tmp/20MB | cmp - /tmp/20MB`)
    expect(differences).toBe('')
  })

  it('a process per connection starts no more than the container has room for', async () => {
    await using spawner = await startService('tcp-echo', {
      network,
      alias: 'spawner',
      command: ['serve', '--design', 'spawn'],
    })
    const visits =
      'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do (echo hi | ncat spawner 3111) & done; wait'
    const answers = await peers.run('sh', '-c', visits)
    // Four fit into its memory, of which one stays free for another address.
    expect(answers).toMatch(/^(hi\n){3,}$/)
    expect(spawner.log.lines.map(({ msg }) => msg)).not.toContain('worker died')
  })

  it.each(['-4', '-6'])('UDP answers ncat %s', async (family) => {
    await using ncat = peers.exec('ncat', '-u', family, 'udp-echo', '3333')
    for (const line of ['one', 'two', 'three']) {
      ncat.stdin.write(`${line}\n`)
      await ncat.waitForText(new RegExp(`${line}\n`))
    }
    expect(ncat.stdout).toBe('one\ntwo\nthree\n')
  })

  it.each(['UDP4', 'UDP6'])(
    'UDP gives back a datagram of 60,000 B in fragments: socat %s',
    async (family) => {
      const socat = `socat -b 65507 -t 5 STDIO ${family}:udp-echo:3333,readbytes=60000`
      const differences = await peers.run('sh', '-c', `${socat} < /tmp/60kB | cmp - /tmp/60kB`)
      expect(differences).toBe('')
    },
  )

  it.each(['UDP4', 'UDP6'])('UDP does not answer a client of port 53: socat %s', async (family) => {
    const socat = `socat -t 0.5 STDIO ${family}:udp-echo:3333,sourceport=53`
    expect(await peers.run('sh', '-c', `echo hello | ${socat}`)).toBe('')
  })
})
