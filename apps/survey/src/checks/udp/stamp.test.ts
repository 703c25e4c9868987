import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import type { RunningApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { examine, on, start } from '../../../testing/namespaces.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.skipIf(!canMakeNamespaces())('doctor stamp', () => {
  let hosts: TwoHosts
  let reflector: RunningApp

  beforeAll(async () => {
    hosts = twoHosts('stamp')
    reflector = start(hosts.peer, 'survey', ['reflect', '--stateful', '--admin-port', '0'])
    await reflector.listening()
  })

  afterAll(async () => {
    await reflector[Symbol.asyncDispose]()
    hosts[Symbol.dispose]()
  })

  async function withRule(rule: string) {
    on(hosts.host, `iptables -t mangle -A OUTPUT -p udp --dport 4862 ${rule}`)
    try {
      return await examine(hosts.host, 'stamp', '10.77.0.2', '--wait', '2s')
    } finally {
      on(hosts.host, 'iptables -t mangle -F OUTPUT')
    }
  }

  it('says that nothing is wrong, and the TTL that arrives', async () => {
    const found = await examine(hosts.host, 'stamp', '10.77.0.2')
    expect(found).toMatchObject({ code: 'clean', verdict: 'ok' })
    expect(found?.evidence).toContain('arrived with DSCP 46, ECN ECT(0), TTL 64')
  })

  it.each([
    ['dscp-bleached', '-j DSCP --set-dscp 0'],
    ['dscp-precedence-bleached', '-j DSCP --set-dscp 6'],
    ['dscp-changed', '-j DSCP --set-dscp 10'],
    ['ecn-bleached', '-j TOS --set-tos 0xb8/0xff'],
    ['silent', '-j DROP'],
  ])('%s: %s', async (code, rule) => {
    expect((await withRule(rule))?.code).toBe(code)
  })

  it('counts every tenth packet lost as loss on the way there, within the interval', async () => {
    const found = await withRule('-m statistic --mode nth --every 10 --packet 0 -j DROP')
    expect(found).toMatchObject({ code: 'loss', facts: { received: 90, lostThere: 10 } })
    expect(found?.evidence[1]).toBe('loss 5.5 to 17.4 % (95 % Wilson interval); lost 10 there')
  })
})
