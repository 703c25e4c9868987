import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { on, runAppOn, verdicts } from '../../../testing/namespaces.ts'
import { type HostState, trackingDrops } from './host-state.ts'
import { judgeHost } from './host-verdicts.ts'

const ETH0 = {
  name: 'eth0',
  mtu: 1_500,
  isUp: true,
  reversePathFilter: 0,
  forcedIgmpVersion: 0,
  received: 1_000_000,
  sent: 1_000_000,
  receiveDrops: 0,
  receiveErrors: 0,
  sendDrops: 0,
  sendErrors: 0,
}
const CLEAN: HostState = {
  interfaces: [ETH0],
  bridges: [],
  tracked: 10,
  trackedMaximum: 1_000,
  trackingDrops: 0,
  receiveBufferMaximum: 212_992,
  receiveBufferDrops: 0,
  checksumErrors: 0,
  acceptQueueDrops: 0,
  reassemblyFailures: 0,
  reversePathDrops: 0,
  keepaliveSeconds: 7_200,
  clockSource: 'tsc',
}
const two = (change: object) => ({
  interfaces: [
    { ...ETH0, ...change },
    { ...ETH0, name: 'eth1' },
  ],
})

it.each<[string, string, Partial<HostState>]>([
  ['host-clean', 'ok', {}],
  ['interface-receive-loss', 'warn', { interfaces: [{ ...ETH0, receiveDrops: 2_000 }] }],
  // One in a million is no reason to worry.
  ['host-clean', 'ok', { interfaces: [{ ...ETH0, receiveDrops: 1 }] }],
  ['interface-send-loss', 'warn', { interfaces: [{ ...ETH0, sendErrors: 2_000 }] }],
  ['reverse-path-filter-strict', 'warn', two({ reversePathFilter: 1 })],
  ['host-clean', 'ok', { interfaces: [{ ...ETH0, reversePathFilter: 1 }] }],
  ['igmp-version-forced', 'warn', { interfaces: [{ ...ETH0, forcedIgmpVersion: 2 }] }],
  [
    'bridge-without-querier',
    'warn',
    { bridges: [{ name: 'br0', isSnooping: true, isQuerier: false }] },
  ],
  ['host-clean', 'ok', { bridges: [{ name: 'br0', isSnooping: true, isQuerier: true }] }],
  ['connection-tracking-full', 'warn', { tracked: 850 }],
  ['connection-tracking-full', 'fail', { tracked: 999 }],
  ['connection-tracking-drops', 'warn', { trackingDrops: 3 }],
  ['host-clean', 'ok', { tracked: null, trackedMaximum: null, trackingDrops: null }],
  ['receive-buffer-drops', 'warn', { receiveBufferDrops: 5 }],
  ['accept-queue-drops', 'warn', { acceptQueueDrops: 5 }],
  ['fragments-lost', 'warn', { reassemblyFailures: 5 }],
  ['checksum-errors', 'warn', { checksumErrors: 5 }],
  ['clock-source-slow', 'warn', { clockSource: 'hpet' }],
])('%s is %s: %j', (code, verdict, change) => {
  expect(judgeHost({ ...CLEAN, ...change })).toMatchObject([{ code, verdict }])
})

it('tells every fault, and what all of them rest on once', () => {
  const found = judgeHost({ ...CLEAN, checksumErrors: 1, acceptQueueDrops: 1 })
  expect(found.map(({ evidence }) => evidence.length > 0)).toEqual([true, false])
})

it('drops of connection tracking are summed over the processors', () => {
  const heading = 'entries insert_failed drop early_drop\n'
  expect(trackingDrops(`${heading}00000001 00000001 0000000a 00000000\n00000001 0 1 2\n`)).toBe(14)
  expect(trackingDrops('')).toBeNull()
})

/** What `doctor host` finds there, and its exit code. */
async function codes(host: string) {
  const { code, stdout, stderr } = await runAppOn(host, 'survey', 'doctor', 'host', '--json')
  expect(stderr).toBe('')
  return { code, codes: verdicts(stdout).map((each) => each.code) }
}

describe.skipIf(!canMakeNamespaces())('doctor host', () => {
  let hosts: TwoHosts

  beforeAll(() => {
    hosts = twoHosts('doctor-host')
  })
  afterAll(() => hosts[Symbol.dispose]())

  it('names a strict reverse-path filter, a forced IGMP version and a bridge without querier', async () => {
    const before = await codes(hosts.host)
    on(hosts.host, 'ip link add br0 type bridge mcast_snooping 1')
    on(hosts.host, 'ip link set br0 up')
    on(hosts.host, 'sysctl -qw net.ipv4.conf.eth0.rp_filter=1')
    on(hosts.host, 'sysctl -qw net.ipv4.conf.eth0.force_igmp_version=2')
    const after = await codes(hosts.host)
    const isNew = after.codes.filter((each) => !before.codes.includes(each))
    const expected = ['reverse-path-filter-strict', 'igmp-version-forced', 'bridge-without-querier']
    expect(isNew.toSorted()).toEqual(expected.toSorted())
    expect(after.code).toBe(0)
  })
})
