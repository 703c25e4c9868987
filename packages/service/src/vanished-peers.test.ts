import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/two-hosts'
import { describe, expect, it } from 'vitest'

import { metricValue, startEchoProcess, startProcess } from '../testing/kit.ts'

const inside = (namespace: string) => (node: string) => `ip netns exec ${namespace} ${node}`
const VANISHED = 'sockyard_tcp_expired_total{reason="vanished"}'

describe.runIf(canMakeNamespaces())('a TCP peer', () => {
  it('that talks stays, and once it vanished without a FIN is given up', async () => {
    using hosts = twoHosts('sockyard-gone')
    await using server = await startEchoProcess(inside(hosts.host), '--vanished-millis', '2000')
    await using client = startProcess(
      new URL('../testing/tcp-client.ts', import.meta.url),
      inside(hosts.peer),
      '10.77.0.1',
      String(server.port.tcp),
    )
    for (let echoes = 0; echoes < 30; echoes += 1) await client.next('echo')
    expect(metricValue(await server.metrics(), VANISHED)).toBe(0)
    hosts.disconnect()
    await expect
      .poll(async () => metricValue(await server.metrics(), VANISHED), { timeout: 10_000 })
      .toBe(1)
    expect(metricValue(await server.metrics(), 'sockyard_tcp_connections')).toBe(0)
  }, 30_000)
})
