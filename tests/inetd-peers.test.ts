import { describeWithDocker } from '@sockyard/testkit/docker'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { startNetwork } from './support/network.ts'

describeWithDocker('inetd and its sample configuration, as foreign clients see them', () => {
  const stack = new AsyncDisposableStack()
  let peers: RunningContainer

  beforeAll(async () => {
    const network = stack.use(await startNetwork())
    const [inetd, clients] = await Promise.all([
      startService('inetd', { network }),
      startPeers({ network }),
    ])
    for (const each of [inetd, clients]) stack.use(each)
    peers = clients
    await peers.run('sh', '-c', 'head -c 20000000 /dev/urandom > /tmp/20MB')
  })
  afterAll(() => stack.disposeAsync())

  it.each([
    'ncat -4 inetd 3017',
    'ncat -6 inetd 3017',
    'nc -N inetd 3017',
    'socat -t 30 STDIO TCP6:inetd:3017',
    'socat -t 30 STDIO TCP4:inetd:3007',
  ])('20 MB come back from /bin/cat and from echo: %s', async (client) => {
    const differences = await peers.run('sh', '-c', `${client} < /tmp/20MB | cmp - /tmp/20MB`)
    expect(differences).toBe('')
  })

  it.each([
    ['4', /^hello \d+\.\d+\.\d+\.\d+, it is /],
    ['6', /^hello [\da-f:]+, it is /],
  ])('a shell command greets a client by its IPv%s address', async (family, greeting) => {
    expect(await peers.run('sh', '-c', `ncat -${family} inetd 3018 < /dev/null`)).toMatch(greeting)
  })

  it.each(['UDP4', 'UDP6'])('a datagram comes back: socat %s', async (family) => {
    const command = `echo hello | socat -t 2 STDIO ${family}:inetd:3007`
    expect(await peers.run('sh', '-c', command)).toBe('hello\n')
  })

  it.each(['UDP4', 'UDP6'])('a client of port 53 gets no answer: socat %s', async (family) => {
    const socat = `socat -t 0.5 STDIO ${family}:inetd:3014,sourceport=53`
    expect(await peers.run('sh', '-c', `echo hello | ${socat}`)).toBe('')
  })
})
