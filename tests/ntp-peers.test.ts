import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describeWithDocker } from '@sockyard/testkit/docker'
import type { StartedNetwork } from 'testcontainers'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { dockerProcess } from './support/docker.ts'
import { startNetwork } from './support/network.ts'
import { endOf, sampleOf } from './support/sample.ts'

describeWithDocker('NTP, with chronyd and ntpdig', () => {
  const stack = new AsyncDisposableStack()
  let network: StartedNetwork
  let peers: RunningContainer

  beforeAll(async () => {
    network = stack.use(await startNetwork())
    const started = await Promise.all([
      startPeers({ network }),
      startService('sntp-server', { network, command: ['--stratum', '10', '--rate-limit', '0'] }),
      startService('sntp-server', { network, alias: 'unsynchronised' }),
    ])
    for (const each of started) stack.use(each)
    ;[peers] = started
  })
  afterAll(() => stack.disposeAsync())

  it.each(['-4', '-6'])('chronyd -Q %s finds the clock of the server right', async (family) => {
    await using chronyd = peers.exec('chronyd', family, '-Q', 'server sntp-server iburst')
    const [, seconds] = await chronyd.waitForText(/System clock wrong by (-?[\d.]+) seconds/)
    expect(await chronyd.exited).toMatchObject({ code: 0 })
    expect(Math.abs(Number(seconds))).toBeLessThan(0.1)
  })

  it.each(['-4', '-6'])('ntpdig %s believes the server, and its stratum', async (family) => {
    const answer = JSON.parse(await peers.run('ntpdig', family, '-j', 'sntp-server'))
    expect(answer).toMatchObject({ stratum: 10, leap: 'no-leap' })
    expect(Math.abs(answer.offset)).toBeLessThan(0.1)
  })

  it('neither accepts a server that is unsynchronised', async () => {
    await using chronyd = peers.exec('chronyd', '-Q', '-t', '3', 'server unsynchronised iburst')
    await using ntpdig = peers.exec('ntpdig', 'unsynchronised')
    expect(await chronyd.exited).toMatchObject({ code: 1 })
    expect(chronyd.stderr).toContain('Timeout reached')
    expect((await ntpdig.exited).code).not.toBe(0)
    expect(ntpdig.stderr).toContain('no eligible servers')
  })

  it.each(['AES128', 'SHA1', 'SHA256'])('chronyd and the server share a key: %s', async (type) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'sockyard-keys-'))
    const keys = join(folder.path, 'keys')
    await writeFile(keys, `1 ${type} HEX:00112233445566778899aabbccddeeff\n`)
    await chmod(folder.path, 0o755)
    const files = { '/keys': keys }
    const command = ['--stratum', '10', '--keys', '/keys']
    const options = { network, alias: 'keyed', command, files }
    await using _server = await startService('sntp-server', options)
    await using client = await startPeers({ network, files })
    const directives = ['keyfile /keys', 'server keyed iburst key 1']
    await using chronyd = client.exec('chronyd', '-Q', '-t', '8', ...directives)
    await chronyd.waitForText(/System clock wrong by/)
    expect(await chronyd.exited).toMatchObject({ code: 0 })
  })

  it.each([
    ['the broadcast address', ['--group', '224.0.1.5'], broadcastAddress],
    ['224.0.1.1', ['--no-broadcast', '--group', '224.0.1.1'], () => Promise.resolve('224.0.1.1')],
    ['ff05::101', ['--no-broadcast', '--group', 'ff05::101'], () => Promise.resolve('ff05::101')],
  ])('the listener measures what chronyd sends to %s', async (_place, flags, destination) => {
    await using listener = await startService('sntp-listener', { network, command: flags })
    await using sender = await startPeers({ network })
    const broadcast = `broadcast 1 ${await destination(sender)}`
    await using _chronyd = sender.exec(
      'chronyd',
      '-d',
      '-x',
      'local stratum 10',
      'allow',
      broadcast,
    )
    const line = await listener.log.waitForLog((each) => isMeasured(sampleOf(each)))
    const { offsetMicros, uncertaintyMicros, ...sample } = sampleOf(line) ?? {}
    expect(sample).toMatchObject({ outcome: 'accepted', stratum: 10, leap: 0 })
    expect(Math.abs(Number(offsetMicros))).toBeLessThanOrEqual(Number(uncertaintyMicros))
  })

  it('the listener refuses the broadcasts of a chronyd that is unsynchronised', async () => {
    const command = ['--no-broadcast', '--group', '224.0.1.1']
    await using listener = await startService('sntp-listener', { network, command })
    await using sender = await startPeers({ network })
    await using _chronyd = sender.exec('chronyd', '-d', '-x', 'allow', 'broadcast 1 224.0.1.1')
    const line = await listener.log.waitForLog((each) => sampleOf(each) !== undefined)
    expect(sampleOf(line)).toMatchObject({ outcome: 'rejected', offsetMicros: null })
  })

  it('sntp-listener query queries chronyd', async () => {
    await using server = await startPeers({ network, alias: 'chronyd' })
    await using chronyd = server.exec('chronyd', '-d', '-x', 'local stratum 10', 'allow')
    await chronyd.waitForText(/Disabled control of system clock/)
    const flags = ['--json', '--count', '2', '--interval', '200ms']
    const query = ['sockyard/sntp-listener', 'query', 'chronyd', ...flags]
    await using client = dockerProcess('run', '--rm', '--network', network.getName(), ...query)
    expect(await client.exited).toEqual({ code: 0, signal: null })
    expect(client.lines.map(endOf).find(Boolean)).toMatchObject({ sent: 2, received: 2, lost: 0 })
  })
})

function isMeasured(sample: { offsetMicros?: unknown } = {}): boolean {
  return typeof sample.offsetMicros === 'number'
}

async function broadcastAddress(container: RunningContainer): Promise<string> {
  const [, address = ''] = / brd (\S+)/.exec(await container.run('ip', '-4', 'addr', 'show')) ?? []
  return address
}
