import { type SurveyMulticastPingEvent, surveyMulticastPingEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { runApp } from '@sockyard/testkit/process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { forgetfulSwitch, on, runAppOn, start } from '../../testing/namespaces.ts'

type End = Extract<SurveyMulticastPingEvent, { event: 'end' }>['data']

/** Pings from the host; the end of the run, and its exit code. */
async function ping(host: string, ...args: string[]) {
  const few = args.includes('--count') ? [] : ['--count', '5', '--interval', '50ms']
  const asked = ['ping-multicast', ...args, ...few, '--wait', '2s', '--json']
  const { code, stdout } = await runAppOn(host, 'survey', ...asked)
  const lines = stdout.trim().split('\n')
  const events = lines.map((line) => surveyMulticastPingEvent.parse(JSON.parse(line)))
  return { code, end: events.at(-1)?.data as End }
}

describe.skipIf(!canMakeNamespaces())('Multicast Ping', () => {
  let hosts: TwoHosts

  beforeEach(() => {
    hosts = twoHosts('mping')
  })
  afterEach(() => hosts[Symbol.dispose]())

  const responder = async (...args: string[]) => {
    const serving = ['multicast-responder', '--log-format', 'json', '--admin-port', '0', ...args]
    const server = start(hosts.peer, 'survey', serving)
    await server.listening('udp')
    return server
  }

  it.each([
    ['10.77.0.2', [], '232.43.211.234', true],
    ['10.77.0.2', ['239.255.43.234'], '239.255.43.234', false],
    ['fd77::2', [], 'ff3e::4321:1234', true],
    ['fd77::2', ['ff15::4321:1234'], 'ff15::4321:1234', false],
  ])('%s %j: both ways, no hops, %s', async (server, group, joined, isSourceSpecific) => {
    await using _server = await responder()
    const { code, end } = await ping(hosts.host, server, ...group)
    expect(end).toMatchObject({
      address: server,
      group: joined,
      isSourceSpecific,
      version: 2,
      sent: 5,
    })
    for (const way of [end.unicast, end.multicast])
      expect(way).toMatchObject({ received: 5, lost: 0, hops: 0, firstSequence: 1 })
    expect(code).toBe(0)
  })

  it('both ways in the link-local scope, where there are link-local addresses only', async () => {
    for (const [index, host] of [hosts.host, hosts.peer].entries()) {
      on(host, 'ip addr flush dev eth0 scope global')
      on(host, `ip addr add fe80::${index + 1}/64 dev eth0 nodad`)
    }
    await using _server = await responder()
    const { code, end } = await ping(hosts.host, '[fe80::2%eth0]:4321', 'ff12::4321:1234')
    expect(end).toMatchObject({ address: 'fe80::2%eth0', status: 'ok' })
    expect([end.unicast.received, end.multicast.received]).toEqual([5, 5])
    expect(code).toBe(0)
  })

  it.each(['native', 'node'])('engine %s answers', async (engine) => {
    await using _server = await responder('--engine', engine)
    const { end } = await ping(hosts.host, '10.77.0.2', '239.255.43.234')
    expect([end.unicast.received, end.multicast.received]).toEqual([5, 5])
  })

  it('tells that multicast is broken where the unicast twin arrives', async () => {
    await using _server = await responder()
    on(hosts.host, 'iptables -A INPUT -d 224.0.0.0/4 -p udp -j DROP')
    const { code, end } = await ping(hosts.host, '10.77.0.2')
    expect(end.unicast).toMatchObject({ received: 5, lost: 0 })
    expect(end.multicast).toMatchObject({ received: 0, lost: 5, hops: null, firstSequence: null })
    expect(end.summary).toContain('multicast is broken, the path is not')
    expect(code).toBe(1)
  })

  it('names the missing querier where a switch forgets the membership', async () => {
    using _switch = forgetfulSwitch(hosts, 4)
    await using _server = await responder()
    const long = ['--count', '100', '--interval', '100ms']
    const { code, end } = await ping(hosts.host, '10.77.0.2', '239.255.43.234', ...long)
    expect(end.unicast.lost).toBe(0)
    expect(end.silence, JSON.stringify(end)).toMatchObject({ recovered: true })
    expect(end).toMatchObject({ status: 'fail', cause: expect.stringContaining('no querier') })
    expect(code).toBe(1)
  })

  it('says when the server does not send to the group', async () => {
    await using _server = await responder()
    const asked = ['ping-multicast', '10.77.0.2', '239.255.43.21']
    const { code, stderr } = await runAppOn(hosts.host, 'survey', ...asked)
    expect(stderr).toContain('10.77.0.2 does not send to 239.255.43.21')
    expect(code).toBe(1)
  })

  it.each([
    [['ping-multicast'], 'missing argument HOST'],
    [['ping-multicast', '127.0.0.1', '10.0.0.234'], 'must be an IPv4 multicast group'],
    [['ping-multicast', '127.0.0.1', 'ff15::4321:1234'], 'IPv6'],
  ])('%j is one line and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runApp('survey', args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})
