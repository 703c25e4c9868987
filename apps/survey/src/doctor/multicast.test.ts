import { spawn } from 'node:child_process'

import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  cable,
  examine,
  forgetfulSwitch,
  on,
  type Sample,
  sendTo,
  start,
} from '../../testing/namespaces.ts'

const IPV4 = '239.255.43.99'
const IPV6 = 'ff15::4399'

/** The link of the chain that breaks. */
const broken = (found: Sample | undefined): string | undefined =>
  found?.chain.find(({ state }) => state === 'broken')?.name

describe.skipIf(!canMakeNamespaces())('doctor multicast', () => {
  let hosts: TwoHosts

  beforeEach(() => {
    hosts = twoHosts('why')
  })
  afterEach(() => hosts[Symbol.dispose]())

  it.each([IPV4, IPV6])('%s arrives: nothing is wrong, five times of five', async (group) => {
    await using _sender = await sendTo(hosts.peer, group)
    for (let run = 0; run < 5; run += 1) {
      const found = await examine(hosts.host, 'multicast', group, '-W', '5s')
      expect(found).toMatchObject({ verdict: 'ok', code: 'arrives' })
      expect(found?.chain.every(({ state }) => state === 'ok')).toBe(true)
    }
  })

  it('names the reverse-path filter', async () => {
    on(hosts.peer, 'ip addr add 10.88.0.9/32 dev eth0')
    cable(hosts.host, 'way0')
    on(hosts.host, 'ip route add 10.88.0.0/16 dev way0')
    on(hosts.host, 'sysctl -q -w net.ipv4.conf.all.rp_filter=1')
    const send = `const s=require('dgram').createSocket('udp4');s.bind(0,'10.88.0.9',()=>{s.setMulticastInterface('10.88.0.9');setInterval(()=>s.send('x',4321,'${IPV4}'),50)})`
    const sender = spawn('ip', ['netns', 'exec', hosts.peer, process.execPath, '-e', send])
    const found = await examine(hosts.host, 'multicast', IPV4, '-I', 'eth0', '-W', '2s')
    sender.kill()
    expect(found).toMatchObject({ verdict: 'fail', code: 'reverse-path-filter' })
    expect(found?.remedy).toContain('rp_filter=2')
    expect(broken(found)).toBe('filter')
  })

  it.each([IPV4, IPV6])('%s: names the port', async (group) => {
    await using _sender = await sendTo(hosts.peer, group, '-p', '4322')
    const found = await examine(hosts.host, 'multicast', group, '-W', '2s')
    expect(found).toMatchObject({ verdict: 'fail', code: 'wrong-port' })
    expect(broken(found)).toBe('receiving socket')
  })

  it.each([
    [IPV4, 'iptables -A INPUT -p udp -d 239.0.0.0/8 -j DROP'],
    [IPV6, 'ip6tables -A INPUT -p udp -d ff15::/16 -j DROP'],
  ])('%s: names the firewall, with and without a sender', async (group, rule) => {
    on(hosts.host, rule)
    const silent = await examine(hosts.host, 'multicast', group, '-W', '500ms')
    await using _sender = await sendTo(hosts.peer, group)
    const found = await examine(hosts.host, 'multicast', group, '-W', '2s')
    expect([silent, found].map((each) => each?.code)).toEqual(['firewall', 'firewall'])
    expect(broken(found)).toBe('filter')
  })

  it('says that what lets no multicast out keeps reports of membership, too', async () => {
    on(hosts.host, 'iptables -A OUTPUT -d 224.0.0.0/4 -j DROP')
    const found = await examine(hosts.host, 'multicast', IPV4, '-W', '500ms')
    expect(found?.code).toBe('nothing-arrives')
    expect(found?.cause).toContain('lets no multicast out')
  })

  it.each([IPV4, IPV6])('%s: names the interface on which it comes in', async (group) => {
    cable(hosts.host, 'other0')
    on(hosts.host, 'ip addr add 10.99.0.1/24 dev other0')
    on(hosts.host, 'ip addr add fd99::1/64 dev other0 nodad')
    await using _sender = await sendTo(hosts.peer, group)
    const found = await examine(hosts.host, 'multicast', group, '-I', 'other0', '-W', '1s')
    expect(found).toMatchObject({ verdict: 'fail', code: 'wrong-interface' })
    expect(found?.remedy).toContain('-I eth0')
    expect(broken(found)).toBe('membership')
  })

  it.each([
    [IPV4, 'interface-down', 'ip link set other0 down'],
    [IPV4, 'no-multicast-flag', 'ip link set other0 multicast off'],
    [IPV4, 'no-address', 'ip addr flush dev other0'],
    [IPV6, 'interface-down', 'ip link set other0 down'],
    [IPV6, 'no-multicast-flag', 'ip link set other0 multicast off'],
    [IPV6, 'no-address', 'sysctl -q -w net.ipv6.conf.other0.disable_ipv6=1'],
  ])('%s: %s', async (group, code, fault) => {
    cable(hosts.host, 'other0')
    on(hosts.host, 'ip addr add 10.99.0.1/24 dev other0')
    on(hosts.host, 'ip addr add fd99::1/64 dev other0 nodad')
    on(hosts.host, fault)
    const found = await examine(hosts.host, 'multicast', group, '-I', 'other0', '-W', '500ms')
    expect(found).toMatchObject({ verdict: 'fail', code })
    expect(broken(found)).toBe('receiving interface')
    expect(found?.remedy).toContain('other0')
  })

  it('says that there is no route, though a program that names the interface receives', async () => {
    on(hosts.host, 'ip route del default')
    await using _sender = await sendTo(hosts.peer, IPV4)
    const found = await examine(hosts.host, 'multicast', IPV4, '-W', '2s')
    expect(found).toMatchObject({ verdict: 'fail', code: 'no-route' })
    expect(found?.summary).toContain('arrives on eth0 all the same')
    const named = await examine(hosts.host, 'multicast', IPV4, '-I', 'eth0', '-W', '2s')
    expect(named?.code).toBe('arrives')
  })

  it('says that nothing comes in, where no one sends', async () => {
    const found = await examine(hosts.host, 'multicast', IPV4, '-W', '500ms')
    expect(found).toMatchObject({ verdict: 'fail', code: 'nothing-arrives' })
    expect(broken(found)).toBe('network')
  })

  it('names a bridge that snoops without a querier', async () => {
    on(hosts.host, 'ip link add br0 type bridge mcast_snooping 1 mcast_querier 0')
    on(hosts.host, 'ip link set br0 up')
    on(hosts.host, 'ip addr add 10.98.0.1/24 dev br0')
    const found = await examine(hosts.host, 'multicast', IPV4, '-I', 'br0', '-W', '500ms')
    expect(found?.cause).toContain('no querier')
    expect(found?.remedy).toContain('mcast_querier 1')
  })

  it('names the switch that has forgotten the membership of another program', async () => {
    using _switch = forgetfulSwitch(hosts, 3)
    await using _sender = await sendTo(hosts.peer, IPV4)
    const receiving = ['receive', '-g', IPV4, '-I', 'eth0', '--silent-after', '2s', '--json']
    await using receiver = start(hosts.host, 'multicast-receiver', receiving)
    await receiver.waitForLog(({ event }) => event === 'sample')
    await receiver.waitForLog(({ msg }) => msg === 'silent')
    const found = await examine(hosts.host, 'multicast', IPV4, '-W', '1s')
    expect(found).toMatchObject({ verdict: 'fail', code: 'nothing-arrives' })
    expect(found?.cause).toContain('no querier has forgotten the membership')
    receiver.kill('SIGTERM')
    await receiver.exited
    const fresh = await examine(hosts.host, 'multicast', IPV4, '-W', '5s')
    expect(fresh?.code).toBe('arrives')
  })

  it('names a platform that carries no multicast', async () => {
    cable(hosts.host, 'flannel.9')
    on(hosts.host, 'ip addr add 10.97.0.1/24 dev flannel.9')
    const found = await examine(hosts.host, 'multicast', IPV4, '-I', 'flannel.9', '-W', '500ms')
    expect(found?.code).toBe('nothing-arrives')
    expect(found?.cause).toBe('this Kubernetes network carries no multicast')
  })
})
