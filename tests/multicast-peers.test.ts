import { describeWithDocker } from '@sockyard/testkit/docker'
import type { StartedNetwork } from 'testcontainers'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { docker } from './support/docker.ts'
import { startNetwork } from './support/network.ts'
import { endOf, sampleOf } from './support/sample.ts'

const GROUPS = ['239.255.43.21', 'ff15::4321']

describeWithDocker('multicast, with foreign senders and receivers', () => {
  const stack = new AsyncDisposableStack()
  let network: StartedNetwork
  let receiver: RunningContainer
  let peers: RunningContainer

  beforeAll(async () => {
    network = stack.use(await startNetwork())
    const groups = GROUPS.flatMap((group) => ['--group', group])
    const started = await Promise.all([
      startService('multicast-receiver', { network, command: groups }),
      startService('multicast-sender', { network, command: [...groups, '--interval', '200ms'] }),
      startPeers({ network }),
    ])
    for (const each of started) stack.use(each)
    ;[receiver, , peers] = started
  })
  afterAll(() => stack.disposeAsync())

  it.each([
    ['239.255.43.21', 'UDP4-DATAGRAM:239.255.43.21:4321'],
    ['ff15::4321', 'UDP6-DATAGRAM:[ff15::4321]:4321'],
  ])('the receiver shows what socat sends to %s', async (group, address) => {
    const text = `by socat to ${group}`
    await peers.run('sh', '-c', `printf '${text}' | socat -u STDIN ${address}`)
    const line = await receiver.log.waitForLog((each) => sampleOf(each)?.['text'] === text)
    expect(sampleOf(line)).toMatchObject({ group, sequence: null, sizeBytes: text.length })
  })

  it('the receiver shows nothing of a group that it has not joined', async () => {
    for (const [group, text] of [
      ['239.255.43.22', 'foreign'],
      ['239.255.43.21', 'after the foreign one'],
    ])
      await peers.run('sh', '-c', `printf '${text}' | socat -u STDIN UDP4-DATAGRAM:${group}:4321`)
    await receiver.log.waitForLog((each) => sampleOf(each)?.['text'] === 'after the foreign one')
    expect(receiver.log.stdout).not.toContain('foreign"')
  })

  it('the receiver counts every datagram of iperf -u as plain', async () => {
    const command = ['--group', '239.255.43.31', '--quiet']
    await using own = await startService('multicast-receiver', { network, command })
    const flags = '-p 4321 -T 1 -b 200k -l 100 -t 1'.split(' ')
    // What iperf says it sent is one more than what the kernel sent for it.
    await peers.run('iptables', '-A', 'OUTPUT', '-d', '239.255.43.31')
    await peers.run('iperf', '-u', '-c', '239.255.43.31', ...flags)
    const counters = await peers.run('iptables', '-L', 'OUTPUT', '-v', '-n', '-x')
    const sent = Number(/^ *(\d+) .* 239\.255\.43\.31/m.exec(counters)?.[1])
    expect(sent).toBeGreaterThan(100)
    await docker(['stop', own.id])
    const end = endOf(await own.log.waitForLog((line) => endOf(line) !== undefined))
    expect(end).toMatchObject({ received: sent, lost: 0, flows: [{ sender: null }] })
  })

  it.each([
    ['239.255.43.21', 'UDP4-RECV:4321,ip-add-membership=239.255.43.21:eth0'],
    ['ff15::4321', 'UDP6-RECV:4321,ipv6-join-group=[ff15::4321]:eth0'],
  ])('socat receives what the sender sends to %s', async (_group, address) => {
    const socat = `timeout 10 socat -u ${address},readbytes=64 -`
    expect(await peers.run('sh', '-c', `${socat} | od -A n -t x1 -w64`)).toMatch(
      /^( [0-9a-f]{2}){64}$/m,
    )
  })

  it('iperf -s -u -B receives what the sender sends', async () => {
    // iperf takes the first bytes of a datagram for its own header, so that its figures mean nothing here:
    // the kernel counts what it has received.
    const counted = "awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp"
    const iperf = 'timeout -s INT -k 2 3 iperf -s -u -B 239.255.43.21 -p 4321'
    // Of the times that it finds in its header it may print intervals without end.
    const some = 'head -c 4000 /tmp/iperf; echo'
    const script = `before=$(${counted}); ${iperf} > /tmp/iperf; ${some}; echo received $(($(${counted}) - before))`
    const report = await peers.run('sh', '-c', script)
    expect(report).toMatch(/local 239\.255\.43\.21 port 4321 connected with [\d.]+ port/)
    expect(Number(/^received (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(0)
  })
})
