import type { RunningApp } from '@sockyard/testkit/running-app'
import { startApp } from '@sockyard/testkit/start-app'
import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/two-hosts'
import { describe, expect, it, vi } from 'vitest'

import { endOf, shown, told } from './peer.testing.ts'

vi.setConfig({ testTimeout: 60_000 })

/** How often this was logged so far. */
function logged(app: RunningApp, message: string): number {
  return app.lines.filter(({ msg }) => msg === message).length
}

// Where namespaces cannot be made, the container tests hold the same.
describe.runIf(canMakeNamespaces())('on a network that is not loopback', () => {
  it('gets IPv4 and IPv6 groups on all interfaces, and from the source asked for', async () => {
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

  it('joins again after the network went away, and tells both', async () => {
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
      await sender.waitForLog(() => logged(sender, 'the outgoing interface is gone') === round)
      hosts.connect()
      await receiver.waitForLog(() => logged(receiver, 'joined') === round + 1)
      await sender.waitForLog(() => logged(sender, 'the outgoing interface is back') === round)
      await shown(receiver, told(receiver, 'sample').length + 3)
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
  return told(app, 'sample').filter((sample) => sample.sender === sender).length
}
