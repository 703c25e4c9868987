import { surveyMulticastPingEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { examine, on, runAppOn, sendTo, start } from '../../testing/namespaces.ts'
import { canRouteMulticast, routeMulticast, routersBetween } from '../../testing/routers.ts'

const GROUP = '239.255.43.234'

describe.skipIf(!canMakeNamespaces())('through three routers', () => {
  let hosts: TwoHosts

  beforeEach(() => {
    hosts = twoHosts('routed')
  })
  afterEach(() => hosts[Symbol.dispose]())

  /** The end of a run, from the host to a responder at the peer. */
  async function ping(address: string) {
    const serving = ['multicast-responder', '--log-format', 'json', '--admin-port', '0']
    await using server = start(hosts.peer, 'survey', serving)
    await server.listening('udp')
    const few = ['--count', '5', '--interval', '100ms', '--wait', '2s', '--json']
    const { stdout } = await runAppOn(
      hosts.host,
      'survey',
      'ping-multicast',
      address,
      GROUP,
      ...few,
    )
    const { data } = surveyMulticastPingEvent.parse(
      JSON.parse(stdout.trim().split('\n').at(-1) ?? ''),
    )
    return data
  }

  it('says that routers lie between which route no multicast, or that the TTL is too small', async () => {
    using chain = routersBetween(hosts, 3)
    expect(await ping(chain.peerAddress)).toMatchObject({
      status: 'fail',
      unicast: { received: 5, hops: 3 },
      multicast: { received: 0, hops: null },
      cause: expect.stringMatching(/3 routers lie between.*TTL is 3 or less/),
    })
  })

  it.skipIf(!canRouteMulticast())('counts the hops of both ways', async () => {
    using chain = routersBetween(hosts, 3)
    await using _routes = routeMulticast(chain, GROUP)
    expect(await ping(chain.peerAddress)).toMatchObject({
      status: 'ok',
      unicast: { received: 5, hops: 3 },
      multicast: { received: 5, hops: 3 },
    })
  })

  it.skipIf(!canRouteMulticast())(
    'the doctor receives what has the TTL for it, and names the TTL where nothing comes',
    async () => {
      using chain = routersBetween(hosts, 3)
      await using _routes = routeMulticast(chain, GROUP)
      on(hosts.peer, 'ip route add 239.0.0.0/8 dev eth0')
      {
        await using _sender = await sendTo(hosts.peer, GROUP, '--ttl', '3')
        const found = await examine(hosts.host, 'multicast', GROUP, '-W', '2s')
        expect(found).toMatchObject({ verdict: 'fail', code: 'nothing-arrives' })
        expect(found?.cause).toContain('its TTL is too small for the routers between')
      }
      await using _sender = await sendTo(hosts.peer, GROUP, '--ttl', '4')
      const found = await examine(hosts.host, 'multicast', GROUP, '-W', '5s')
      expect(found?.code).toBe('arrives')
    },
  )
})
