import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { quiet, startProcess } from '../../testing/kit.ts'
import { ConfigurationError } from '../errors/errors.ts'
import { type MembershipOptions, MulticastMembership } from './membership.ts'

const running: MulticastMembership[] = []
let port = 0

// A port no other test has: it is bound once, and given up again, by a socket of the loopback address.
beforeEach(async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  port = socket.address().port
  socket.close()
})

afterEach(async () => {
  for (const membership of running.splice(0)) await membership.stop()
})

type Heard = { membership: MulticastMembership; heard: string[] }

async function startReceiver(
  engine: 'native' | 'node',
  groups: MembershipOptions['groups'],
  options: Partial<MembershipOptions> = {},
): Promise<Heard> {
  const heard: string[] = []
  const membership = new MulticastMembership({
    groups,
    port,
    interfaces: ['127.0.0.1'],
    engine,
    ...quiet(),
    onBatch(received, at) {
      for (let index = 0; index < received.count; index += 1)
        heard.push(`${at.group} ${at.interface} ${String(received.bytes(index))}`)
    },
    ...options,
  })
  running.push(membership)
  await membership.start()
  return { membership, heard }
}

async function say(words: string, group: string, from = '127.0.0.1'): Promise<void> {
  const socket = createSocket('udp4').bind(0, from)
  await once(socket, 'listening')
  socket.setMulticastInterface('127.0.0.1')
  await new Promise((resolve) => socket.send(words, port, group, resolve))
  socket.close()
}

describe.each(['node', 'native'] as const)('a receiver on loopback, engine %s', (engine) => {
  const receiver = (
    groups: MembershipOptions['groups'],
    options: Partial<MembershipOptions> = {},
  ) => startReceiver(engine, groups, options)

  it('receives its groups, each with its name and interface, and no other one', async () => {
    const { heard } = await receiver([{ address: '239.255.1.1' }, { address: '239.255.1.2' }])
    await receiver([{ address: '239.255.1.3' }])
    for (const group of ['239.255.1.3', '239.255.1.2', '239.255.1.1']) await say('hi', group)
    await expect.poll(() => heard).toEqual(['239.255.1.2 lo hi', '239.255.1.1 lo hi'])
  })

  it('shares the host with others: each receives everything once', async () => {
    const receivers = await Promise.all([1, 2, 3].map(() => receiver([{ address: '239.255.1.1' }])))
    await say('one', '239.255.1.1')
    await say('two', '239.255.1.1')
    for (const { heard } of receivers)
      await expect.poll(() => heard).toEqual(['239.255.1.1 lo one', '239.255.1.1 lo two'])
  })

  it('receives only the requested source', async () => {
    const { heard } = await receiver([{ address: '232.1.1.1', sources: ['127.0.0.1'] }])
    await say('stranger', '232.1.1.1', '127.0.0.2')
    await say('wanted', '232.1.1.1')
    await expect.poll(() => heard).toEqual(['232.1.1.1 lo wanted'])
  })

  it('on all interfaces receives a datagram once, from the interface of arrival', async () => {
    const { heard, membership } = await receiver([{ address: '239.255.1.1' }], {
      interfaces: 'all',
    })
    expect(membership.joined).toContainEqual({ group: '239.255.1.1', interface: 'lo' })
    await say('once', '239.255.1.1')
    await say('end', '239.255.1.1')
    await expect.poll(() => heard).toEqual(['239.255.1.1 lo once', '239.255.1.1 lo end'])
  })

  it('after stop receives nothing', async () => {
    const { membership, heard } = await receiver([{ address: '239.255.1.1' }])
    await membership.stop()
    await say('late', '239.255.1.1')
    expect(membership.joined).toEqual([])
    expect(heard).toEqual([])
  })

  it('reports each membership as the kernel has it, and drops it at the end', async () => {
    const one = await receiver([{ address: '239.255.1.9' }])
    const other = await receiver([{ address: '239.255.1.9' }])
    const fact = { group: '239.255.1.9', interface: 'lo', index: 1 }
    const multicastAll = engine === 'node'
    expect(await one.membership.facts()).toEqual([{ ...fact, members: 2, multicastAll }])
    await other.membership.stop()
    expect(await one.membership.facts()).toEqual([{ ...fact, members: 1, multicastAll }])
    expect(await one.membership.kernelDrops()).toBe(0)
  })

  it('refuses an interface that does not exist, naming those that do', async () => {
    const missing = receiver([{ address: '239.255.1.1' }], { interfaces: ['nosuch0'] })
    await expect(missing).rejects.toThrow(ConfigurationError)
    await expect(missing).rejects.toThrow('127.0.0.1')
  })

  it('fails when another program has the port of the group exclusively', async () => {
    const other = createSocket('udp4').bind(port, '239.255.1.1')
    await once(other, 'listening')
    await expect(receiver([{ address: '239.255.1.1' }])).rejects.toMatchObject({
      name: 'AddressInUseError',
    })
    other.close()
  })
})

const inside = (namespace: string) => (node: string) => `ip netns exec ${namespace} ${node}`

describe.runIf(canMakeNamespaces())('a receiver whose network is lost', () => {
  it.each([
    ['IPv4', '10.77.0.2', '239.255.7.7', 'node'],
    ['IPv6', '::%eth0', 'ff15::7', 'node'],
    ['IPv4', '10.77.0.2', '239.255.7.7', 'native'],
    ['IPv6', '::%eth0', 'ff15::7', 'native'],
  ])(
    'and comes back hears its %s group again, each of 25 times (%s, %s, %s)',
    async (family, from, group, engine) => {
      using hosts = twoHosts(`sockyard-${family}`)
      await using receiving = startProcess(
        new URL('../../testing/receiver.ts', import.meta.url),
        inside(hosts.host),
        engine,
        group,
      )
      await receiving.next('ready')
      for (let round = 0; round < 25; round += 1) {
        await using sending = startProcess(
          new URL('../../testing/sender.ts', import.meta.url),
          inside(hosts.peer),
          from,
          group,
        )
        expect(await receiving.next('datagram')).toMatchObject({ interface: 'eth0', group })
        expect(sending.running()).toBe(true)
        hosts.disconnect()
        // In every other round the network is back before the next check.
        if (round % 2 === 0) await receiving.next('membership lost')
        hosts.connect()
      }
    },
    120_000,
  )

  it('joins on an interface that appears later', async () => {
    using hosts = twoHosts('sockyard-late')
    hosts.disconnect()
    await using receiving = startProcess(
      new URL('../../testing/receiver.ts', import.meta.url),
      inside(hosts.host),
      'native',
      '239.255.7.7',
    )
    await receiving.next('ready')
    hosts.connect()
    expect(await receiving.next('joined')).toMatchObject({ interface: 'eth0' })
    await using sending = startProcess(
      new URL('../../testing/sender.ts', import.meta.url),
      inside(hosts.peer),
      '10.77.0.2',
      '239.255.7.7',
    )
    expect(await receiving.next('datagram')).toMatchObject({ interface: 'eth0' })
    expect(sending.running()).toBe(true)
  })
})
