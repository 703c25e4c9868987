import { spawnSync } from 'node:child_process'

import type { MulticastReceiveEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { runApp, type RunningApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { endOf, shown, eventsOf } from './peer.testing.ts'

vi.setConfig({ testTimeout: 60_000 })

/** The address that the kernel gave the interface eth0 of this host, once others were asked whether they have it. */
function linkLocalOf(host: string): string {
  for (;;) {
    const show = ['-n', host, '-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'link', '-tentative']
    const found = /inet6 (fe80::[0-9a-f:]+)/.exec(String(spawnSync('ip', show).stdout))
    if (found?.[1] !== undefined) return found[1]
  }
}

type Start = Extract<MulticastReceiveEvent, { event: 'start' }>['data']

/** How often this was logged so far. */
function logged(app: RunningApp, message: string): number {
  return app.lines.filter(({ msg }) => msg === message).length
}

// Where namespaces cannot be made, the container tests hold the same.
describe.runIf(canMakeNamespaces())('on a network that is not loopback', () => {
  it('receives IPv4 and IPv6 groups on all interfaces, and from the given source', async () => {
    using hosts = twoHosts('sockyard-mr-v6')
    const groups = ['-g', '239.255.7.7', '-g', 'ff15::7', '-I', 'all']
    const sources = ['-g', 'ff3e::8000:7', '--source', 'fd77::2', '-p', '4322', '-I', 'eth0']
    await using any = await startApp('multicast-receiver', groups, { namespace: hosts.host })
    await using specific = await startApp('multicast-receiver', sources, { namespace: hosts.host })
    await any.waitForLog(() => logged(any, 'joined') >= 2)
    await specific.waitForLog(() => logged(specific, 'joined') === 1)
    await using sender = await startApp(
      'multicast-sender',
      ['-g', '239.255.7.7', '-g', 'ff15::7', '-c', '5', '-i', '20ms', '-I', 'eth0'],
      { namespace: hosts.peer },
    )
    await using own = await startApp(
      'multicast-sender',
      ['-g', 'ff3e::8000:7', '-p', '4322', '-c', '5', '-i', '20ms'],
      { namespace: hosts.peer },
    )
    expect((await sender.exited).code).toBe(0)
    expect((await own.exited).code).toBe(0)
    await shown(any, 10)
    await shown(specific, 5)
    const { flows, received, lost } = await endOf(any)
    expect({ received, lost }).toEqual({ received: 10, lost: 0 })
    expect(flows.map(({ group }) => group).toSorted()).toEqual(['239.255.7.7', 'ff15::7'])
    expect(await endOf(specific)).toMatchObject({ received: 5, lost: 0 })
  })

  it.each(['native', 'node'])(
    'gets a link-local source, named with its zone (%s)',
    async (engine) => {
      using hosts = twoHosts('sockyard-mr-zone')
      const source = `${linkLocalOf(hosts.peer)}%eth0`
      const group = ['-g', 'ff32::8000:7', '-I', 'eth0']
      const receiving = [...group, '--source', source, '-c', '3', '-w', '20s', '--engine', engine]
      await using receiver = await startApp('multicast-receiver', receiving, {
        namespace: hosts.host,
      })
      await receiver.waitForLog(({ msg }) => msg === 'joined')
      await using sender = await startApp('multicast-sender', [...group, '-i', '100ms'], {
        namespace: hosts.peer,
      })
      expect(await receiver.exited).toEqual({ code: 0, signal: null })
      expect(eventsOf(receiver, 'sample').map((sample) => sample.source)).toContain(source)
      sender.kill()
    },
  )

  it('joins on the interface that the zone of a source names, wherever the route goes', async () => {
    using hosts = twoHosts('sockyard-mr-any')
    const ends = ['link add other type veth peer name far', 'link set far up', 'link set other up']
    for (const line of ends)
      expect(spawnSync('ip', ['-n', hosts.host, ...line.split(' ')]).status).toBe(0)
    for (const zone of ['eth0', 'other']) {
      const args = ['-g', 'ff32::8000:7', '--source', `fe80::9%${zone}`]
      await using app = await startApp('multicast-receiver', args, { namespace: hosts.host })
      const { joined } = (await app.waitForLog(({ event }) => event === 'start'))['data'] as Start
      expect(joined.map((each) => each.interface)).toEqual([zone])
    }
  })

  it('joins again after the network was lost, and logs both', async () => {
    using hosts = twoHosts('sockyard-mr-away')
    await using receiver = await startApp('multicast-receiver', ['-I', 'eth0'], {
      namespace: hosts.host,
    })
    await receiver.waitForLog(() => logged(receiver, 'joined') === 1)
    await using sender = await startApp('multicast-sender', ['-i', '100ms', '-I', 'eth0'], {
      namespace: hosts.peer,
    })
    await shown(receiver, 3)
    for (const round of [1, 2]) {
      hosts.disconnect()
      await receiver.waitForLog(() => logged(receiver, 'membership lost') === round)
      await sender.waitForLog(() => logged(sender, 'outgoing interface lost') === round)
      hosts.connect()
      await receiver.waitForLog(() => logged(receiver, 'joined') === round + 1)
      await sender.waitForLog(() => logged(sender, 'outgoing interface available again') === round)
      await shown(receiver, eventsOf(receiver, 'sample').length + 3)
    }
    const { flows, lost } = await endOf(receiver)
    expect(flows).toHaveLength(1)
    expect(lost).toBeGreaterThan(0)
  })
})

describe.runIf(canMakeNamespaces())('a datagram of multicast-sender', () => {
  it.each([
    ['by default', [], { own: 3, peer: 3 }],
    ['with --no-loopback', ['--no-loopback'], { own: 0, peer: 3 }],
    ['with --ttl 0', ['--ttl', '0'], { own: 3, peer: 0 }],
  ])('%s reaches the own host and the other one, or not', async (_, args, expected) => {
    using hosts = twoHosts('sockyard-mr-loop')
    await using own = await startApp('multicast-receiver', ['-I', 'eth0'], {
      namespace: hosts.host,
    })
    await using peer = await startApp('multicast-receiver', ['-I', 'eth0'], {
      namespace: hosts.peer,
    })
    for (const app of [own, peer]) await app.waitForLog(() => logged(app, 'joined') === 1)
    const first = await sendThree(hosts.host, args)
    // Those after them come to both, and show that those before them would have come as well.
    const second = await sendThree(hosts.host, [])
    for (const app of [own, peer]) await app.waitForLog(() => heard(app, second) === 3)
    expect({ own: heard(own, first), peer: heard(peer, first) }).toEqual(expected)
  })
})

/** @returns the number of the sender */
async function sendThree(namespace: string, args: readonly string[]): Promise<unknown> {
  const sending = ['-I', 'eth0', '-c', '3', '-i', '10ms', ...args]
  await using sender = await startApp('multicast-sender', sending, { namespace })
  const { data } = await sender.waitForLog(({ event }) => event === 'start')
  expect((await sender.exited).code).toBe(0)
  return Object(data).sender
}

function heard(app: RunningApp, sender: unknown): number {
  return eventsOf(app, 'sample').filter((sample) => sample.sender === sender).length
}

function ip(...words: string[]): void {
  expect(spawnSync('ip', words)).toMatchObject({ status: 0 })
}

describe.runIf(canMakeNamespaces())('an interface', () => {
  it('is found by the label of an address and by its alternative name, and joined once', async () => {
    using hosts = twoHosts('sockyard-mr-label')
    ip('-n', hosts.host, 'addr', 'add', '10.77.1.9/24', 'dev', 'eth0', 'label', 'eth0:0')
    ip('-n', hosts.host, 'link', 'property', 'add', 'dev', 'eth0', 'altname', 'uplink')
    for (const wanted of ['10.77.1.9', 'eth0:0', 'uplink']) {
      await using receiver = await startApp('multicast-receiver', ['-I', wanted], {
        namespace: hosts.host,
      })
      const joined = await receiver.waitForLog(({ msg }) => msg === 'joined')
      expect(joined).toMatchObject({ interface: 'eth0' })
    }
    await using all = await startApp('multicast-receiver', ['-I', 'all'], { namespace: hosts.host })
    await all.waitForLog(({ event }) => event === 'start')
    expect(logged(all, 'joined')).toBe(2)
    expect(all.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('that is down is waited for by the receiver, and an error for the sender', async () => {
    using hosts = twoHosts('sockyard-mr-down')
    ip('-n', hosts.host, 'link', 'set', 'eth0', 'down')
    const inside = { namespace: hosts.host }
    await using receiver = await startApp('multicast-receiver', ['-I', 'eth0'], inside)
    await receiver.waitForLog(({ event }) => event === 'start')
    const { code, stderr } = await runApp('multicast-sender', ['-I', 'eth0', '-c', '1'], inside)
    expect(stderr).toMatch(
      /^multicast-sender: --interface eth0: the interface is down; there are lo /,
    )
    expect(code).toBe(2)
    ip('-n', hosts.host, 'link', 'set', 'eth0', 'up')
    await receiver.waitForLog(({ msg }) => msg === 'joined')
  })
})
