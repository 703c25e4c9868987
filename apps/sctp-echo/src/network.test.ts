import { spawnSync } from 'node:child_process'

import { canMakeNamespaces, farNetwork, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

function ip(line: string): void {
  const { status, stderr } = spawnSync('ip', line.split(' '))
  expect({ line, status, stderr: String(stderr) }).toEqual({ line, status: 0, stderr: '' })
}

// Needs root, as CI has it in its container; elsewhere the addresses of one host are not ours to change.
describe.runIf(canMakeNamespaces())('between two hosts', () => {
  it('a server on every address answers from the destination address, also from a new one', async () => {
    using hosts = twoHosts('sockyard-sctp-many')
    ip(`-n ${hosts.host} addr add 10.77.0.3/24 dev eth0`)
    await using app = await startApp('sctp-echo', [], { namespace: hosts.host })
    await app.waitForLog(({ msg }) => msg === 'listening')
    const ask = async (address: string, wait = '2s'): Promise<string> => {
      const args = ['send', address, '--wait', wait]
      const { code, stdout, stderr } = await runApp('sctp-echo', args, {
        namespace: hosts.peer,
        stdin: 'hello\n',
      })
      return code === 0 && stdout.includes('seq    0  hello') ? 'echoed' : stdout + stderr
    }
    // Routing would answer all three IPv4 addresses from 10.77.0.1.
    for (const address of ['10.77.0.1', '10.77.0.3', 'fd77::1'])
      expect(await ask(address)).toBe('echoed')
    ip(`-n ${hosts.host} addr add 10.77.0.4/24 dev eth0`)
    ip(`-n ${hosts.host} addr del 10.77.0.3/24 dev eth0`)
    // The INIT that comes too early is sent again.
    expect(await ask('10.77.0.4', '20s')).toBe('echoed')
    const bound = spawnSync('ip', ['netns', 'exec', hosts.host, 'ss', '-Hlun', 'sport = 9899'])
    expect(String(bound.stdout)).toContain('10.77.0.4:9899')
    expect(String(bound.stdout)).not.toContain('10.77.0.3:9899')
    ip(`-n ${hosts.host} addr add 10.77.0.3/24 dev eth0`)
    expect(await ask('10.77.0.3', '20s')).toBe('echoed')
  })

  it.each(['10.77.0.1', 'fd77::1'])(
    'finds what the way to %s carries, and sends nothing that IP would have to fragment',
    async (address) => {
      using hosts = twoHosts(`sockyard-sctp-mtu${address.length}`)
      // What is longer vanishes at the server's interface: the client gets no ICMP message.
      ip(`-n ${hosts.host} link set eth0 mtu 1400`)
      const quick = ['--rto-min', '50ms']
      await using server = await startApp('sctp-echo', ['--host', address, ...quick], {
        namespace: hosts.host,
      })
      await server.waitForLog(({ msg }) => msg === 'listening')
      const before = fragmentsMade(hosts.peer)
      const args = ['send', address, ...quick, '--size', '40000', '--json']
      await using client = await startApp('sctp-echo', args, { namespace: hosts.peer })
      client.stdin.write('while it is looked for\n')
      // Interfaces take 4 B more than they say, for the tag of a VLAN.
      await client.waitForLog((line) => [1400, 1404].includes(foundMtu(line)))
      client.stdin.end('and when it is found\n')
      expect((await client.exited).code).toBe(0)
      const messages = client.lines.map(sampleOf).filter(({ kind }) => kind === 'message')
      expect(messages.map(({ sizeBytes }) => sizeBytes)).toEqual([40_000, 40_000])
      await server.waitForLog(({ msg, bytes }) => msg === 'path MTU' && bytes === 1400)
      expect(fragmentsMade(hosts.peer)).toBe(before)
      expect(fragmentsMade(hosts.host)).toBe(0)
    },
  )

  it('is not misled by the kernel, which fragments after an ICMP message of a router', async () => {
    using hosts = twoHosts('sockyard-sctp-ptb')
    using far = farNetwork(hosts.host, 1400)
    ip(`-n ${hosts.peer} route add 10.78.0.0/24 via 10.77.0.1`)
    const quick = ['--rto-min', '50ms']
    await using server = await startApp('sctp-echo', quick, { namespace: far.namespace })
    await server.waitForLog(({ msg }) => msg === 'listening')
    const args = ['send', '10.78.0.2', ...quick, '--size', '40000', '--json']
    await using client = await startApp('sctp-echo', args, { namespace: hosts.peer })
    client.stdin.write('routed\n')
    await client.waitForLog((line) => foundMtu(line) === 1400)
    client.stdin.end('and again\n')
    expect((await client.exited).code).toBe(0)
    expect(counter(hosts.host, 'IcmpOutDestUnreachs')).toBeGreaterThan(0)
    expect(fragmentsMade(hosts.peer) + fragmentsMade(hosts.host)).toBe(0)
  })

  it('reports on both sides that the path is interrupted, and that it is restored', async () => {
    using hosts = twoHosts('sockyard-sctp-cut')
    const impatient = ['--rto-min', '50ms', '--rto-max', '2s', '--heartbeat-interval', '100ms']
    const knobs = [...impatient, '--path-max-retransmissions', '1']
    await using server = await startApp('sctp-echo', knobs, { namespace: hosts.host })
    await server.waitForLog(({ msg }) => msg === 'listening')
    const args = ['send', '10.77.0.1', '--wait', '60s', ...knobs]
    await using client = await startApp('sctp-echo', args, { namespace: hosts.peer })
    client.stdin.write('before\n')
    await client.waitForText(/seq {4}0 {2}before/)
    const both = (change: string): void => {
      ip(`-n ${hosts.host} route ${change} blackhole 10.77.0.2/32`)
      ip(`-n ${hosts.peer} route ${change} blackhole 10.77.0.1/32`)
    }
    both('add')
    await server.waitForLog(({ msg }) => msg === 'peer address unreachable')
    await client.waitForText(/\* peer address unreachable address=10\.77\.0\.1:9899/)
    both('del')
    await client.waitForText(/\* peer address available address=10\.77\.0\.1:9899/)
    const { association } = await server.waitForLog(({ msg }) => msg === 'peer address available')
    expect(association).toBe(1)
    client.stdin.end('after\n')
    expect((await client.exited).code).toBe(0)
    expect(client.stdout).toContain('seq    1  after')
    expect(server.lines.some(({ msg }) => msg === 'association lost')).toBe(false)
  })
})

interface Sample {
  kind?: string
  message?: string
  facts?: { bytes?: number }
  sizeBytes?: number
}

function sampleOf(line: Record<string, unknown>): Sample {
  const { event, data } = line
  return event === 'sample' ? (data as Sample) : {}
}

/** What a line says that the path MTU is; NaN when it is about something else. */
function foundMtu(line: Record<string, unknown>): number {
  const { message, facts } = sampleOf(line)
  return message === 'path MTU' ? (facts?.bytes ?? Number.NaN) : Number.NaN
}

/** How many fragments the kernel of a namespace has made of packets that were too long for their way. */
const fragmentsMade = (namespace: string): number =>
  counter(namespace, 'IpFragCreates') + counter(namespace, 'Ip6FragCreates')

/** A counter of the kernel (nstat(8)). */
function counter(namespace: string, name: string): number {
  const { stdout } = spawnSync('ip', ['netns', 'exec', namespace, 'nstat', '-asz', name])
  const [, count] = new RegExp(`^${name} +(\\d+)`, 'm').exec(String(stdout)) ?? []
  return Number(count)
}
