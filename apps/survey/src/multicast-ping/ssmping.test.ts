import { spawn, spawnSync } from 'node:child_process'

import { surveyMulticastPingEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { RunningApp } from '@sockyard/testkit/process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runAppOn, runOn, start } from '../../testing/namespaces.ts'

const hasSsmping = spawnSync('sh', ['-c', 'command -v ssmping asmping ssmpingd']).status === 0

/** Debian's package ssmping 0.9.1: the programs that RFC 6450 was made of. */
describe.skipIf(!canMakeNamespaces() || !hasSsmping)('ssmping, asmping and ssmpingd', () => {
  let hosts: TwoHosts

  beforeEach(() => {
    hosts = twoHosts('ssmping')
  })
  afterEach(() => hosts[Symbol.dispose]())

  it.each([
    ['ssmping', ['10.77.0.2']],
    ['ssmping', ['-6', 'fd77::2']],
    ['asmping', ['239.255.43.234', '10.77.0.2']],
    ['asmping', ['ff15::4321:1234', 'fd77::2']],
  ])('%s %j gets both replies of the responder', async (program, args) => {
    const serving = ['multicast-responder', '--log-format', 'json', '--admin-port', '0']
    await using server = start(hosts.peer, 'survey', serving)
    await server.listening('udp')
    const { stdout } = await runOn(hosts.host, program, '-c', '3', ...args)
    expect(stdout).toMatch(/^ +unicast from .*seq=\d+ dist=0/m)
    expect(stdout).toMatch(/^ ?multicast from .*seq=\d+ dist=0/m)
  })

  it.each([
    ['10.77.0.2', []],
    ['10.77.0.2', ['239.255.43.234']],
    ['fd77::2', []],
    ['fd77::2', ['ff15::4321:1234']],
  ])('ping-multicast %s %j gets both replies of ssmpingd', async (address, group) => {
    await using _server = new RunningApp(spawn('ip', ['netns', 'exec', hosts.peer, 'ssmpingd']))
    const few = ['--count', '4', '--interval', '100ms', '--json']
    const asked = ['ping-multicast', address, ...group, ...few]
    const { code, stdout } = await runAppOn(hosts.host, 'survey', ...asked)
    const end = surveyMulticastPingEvent.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
    expect(end.data).toMatchObject({
      version: 1,
      sent: 4,
      unicast: { received: 4, hops: 0 },
      multicast: { received: 4, hops: 0 },
    })
    expect(code).toBe(0)
  })
})
