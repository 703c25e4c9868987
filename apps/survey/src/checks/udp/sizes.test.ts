import { canMakeNamespaces, farNetwork, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import type { RunningApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { examineAll, on, start } from '../../../testing/namespaces.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const FAR = '10.78.0.2'
const MTU = 1_300

describe.skipIf(!canMakeNamespaces())('doctor stamp, sizes over a link of 1,300 B', () => {
  let hosts: TwoHosts
  let far: ReturnType<typeof farNetwork>
  let reflector: RunningApp

  beforeAll(async () => {
    hosts = twoHosts('sizes')
    far = farNetwork(hosts.peer, MTU)
    on(hosts.host, `ip route add 10.78.0.0/24 via 10.77.0.2`)
    reflector = start(far.namespace, 'survey', ['reflect', '--admin-port', '0'])
    await reflector.listening()
  })

  afterAll(async () => {
    await reflector[Symbol.asyncDispose]()
    far[Symbol.dispose]()
    hosts[Symbol.dispose]()
  })

  async function sizes(namespace: string, ...rules: string[]) {
    // What another test has learned of the path MTU.
    on(hosts.host, 'ip route flush cache')
    for (const rule of rules) on(namespace, `iptables ${rule.replace('+', '-A')}`)
    try {
      return (await examineAll(hosts.host, 'stamp', FAR, '--wait', '2s'))[1]
    } finally {
      for (const rule of rules) on(namespace, `iptables ${rule.replace('+', '-D')}`)
    }
  }

  it('names the black hole, where no ICMP comes back', async () => {
    const found = await sizes(hosts.peer, '+ OUTPUT -p icmp -j DROP')
    expect(found).toMatchObject({ code: 'mtu-black-hole', verdict: 'fail' })
    expect(found?.facts['largestWholeBytes']).toBe(MTU - 28)
  })

  it('names fragments that are dropped', async () => {
    const found = await sizes(far.namespace, '-t raw + PREROUTING -f -j DROP')
    expect(found).toMatchObject({ code: 'fragments-lost', verdict: 'fail' })
    expect(found?.facts['largestWholeBytes']).toBe(MTU - 28)
  })

  it('tells the path MTU that ICMP tells', async () => {
    expect((await sizes(hosts.host))?.code).toBe('mtu-smaller')
  })
})
