import { surveyRunEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces } from '@sockyard/testkit/network'
import { runApp } from '@sockyard/testkit/process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { on, runAppOn, start } from '../../testing/namespaces.ts'
import {
  keyFile,
  startAgent,
  type SwitchedHosts,
  switchedHosts,
} from '../../testing/switched-hosts.ts'

it('needs two agents, and says so', async () => {
  const { code, stderr } = await runApp('survey', ['mesh', '--agents', 'a'])
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'survey: a mesh needs 2 to 256 agents (--agents, --dns or --file), not 1\n',
  })
})

describe.skipIf(!canMakeNamespaces())('a mesh of three agents on one switch', () => {
  const key = keyFile()
  let network: SwitchedHosts
  let agents: Awaited<ReturnType<typeof startAgent>>[] = []

  beforeAll(async () => {
    network = switchedHosts('survey-mesh', 3)
    // The third has a name of its own.
    agents = await Promise.all(
      network.hosts.map(({ namespace }, index) =>
        startAgent(namespace, key, ...(index === 2 ? ['--name', 'node-3'] : [])),
      ),
    )
  })
  afterEach(() => {
    for (const { namespace } of network.hosts)
      for (const table of ['filter', 'raw']) on(namespace, `iptables -t ${table} -F`)
  })
  afterAll(async () => {
    for (const agent of agents) await agent[Symbol.asyncDispose]()
    network[Symbol.dispose]()
  })

  const addresses = (): string => network.hosts.map(({ address }) => address).join(',')
  const host = (index: number): string => network.hosts[index]?.namespace ?? ''

  async function mesh(...args: string[]) {
    const words = ['mesh', '--agents', addresses(), '--key-file', key, ...args]
    return runAppOn(host(0), 'survey', ...words)
  }

  async function results(...args: string[]) {
    const { stdout, code } = await mesh('--json', ...args)
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => surveyRunEvent.parse(JSON.parse(line)))
    const found = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
    return { code, found }
  }

  it('asks every ordered pair by every service', async () => {
    const { found } = await results()
    const checks = Map.groupBy(found, ({ check }) => check)
    expect([...checks.keys()].toSorted()).toEqual([
      'multicast-any-source',
      'sctp-association',
      'stamp',
      'tcp-connect',
      'tcp-path-mtu',
      'time-offset',
      'udp-loss',
      'udp-sizes',
    ])
    for (const each of checks.values())
      expect(new Set(each.map(({ from, to }) => `${from} ${to}`)).size).toBe(6)
    // A busy machine may be slow; it does not break anything.
    expect(found.filter(({ verdict }) => verdict === 'fail')).toEqual([])
  })

  it('names the one host that receives no group, and the one that gets no fragments', async () => {
    on(host(2), 'iptables -A INPUT -p udp -d 224.0.0.0/4 -j DROP')
    on(host(1), 'iptables -t raw -A PREROUTING -f -j DROP')
    const { code, stdout } = await mesh('--wait', '2s')
    expect(code).toBe(1)
    expect(stdout).toContain('FAIL     multicast-any-source  every way to node-3')
    expect(stdout).toContain('FAIL     udp-sizes  every way from and to 10.88.0.2')
    expect(stdout).toMatch(/udp-sizes: 4 failed.*\n.*\n +1 +F +\.\n +2 +F +F\n +3 +\. +F/)
  })

  it('goes on without an agent that is away, and without one that dies', async () => {
    const words = [
      'mesh',
      '--agents',
      `${addresses()},10.88.0.9`,
      '--key-file',
      key,
      '--json',
      '--wait',
      '2s',
    ]
    const coordinator = start(host(0), 'survey', words)
    await coordinator.waitForText(/"udp-loss"/)
    agents[2]?.kill('SIGKILL')
    await coordinator.exited
    const lines = coordinator.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const failed = lines.filter(({ data }) => data.check === 'agent')
    expect(failed.map(({ data }) => data.target)).toContain('10.88.0.9')
    expect(failed.map(({ data }) => data.from)).toContain('node-3')
    const whole = lines.filter(({ data }) => data.from === '10.88.0.1' && data.to === '10.88.0.2')
    expect(whole.map(({ data }) => data.check)).toContain('udp-sizes')
    expect(lines.at(-1)).toMatchObject({ event: 'end', data: { interrupted: false } })
  })
})
