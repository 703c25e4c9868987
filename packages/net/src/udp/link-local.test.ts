import { spawnSync } from 'node:child_process'

import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

/** Each server with its port, and the client that asks it. */
const SERVICES = [
  { server: 'udp-echo', args: ['--engine', 'node'], client: ['udp-echo', 'ping'], port: 3333 },
  {
    server: 'sntp-server',
    args: ['--engine', 'node', '--stratum', '2'],
    client: ['sntp-listener', 'query'],
    port: 123,
  },
  { server: 'sctp-echo', args: [], client: ['sctp-echo', 'ping'], port: 9877 },
] as const

/** What ip-address(8) says of eth0. */
function shown(namespace: string): { addr_info: Record<string, string>[]; ifindex: number }[] {
  const words = ['-n', namespace, '-j', '-6', 'addr', 'show', 'dev', 'eth0']
  return JSON.parse(String(spawnSync('ip', words).stdout))
}

// Needs root, as CI has it in its container.
describe.runIf(canMakeNamespaces())('a link-local address beside a global one', () => {
  let hosts: TwoHosts
  let address = ''
  let index = 0

  beforeAll(() => {
    hosts = twoHosts('sockyard-link-local')
    const local = shown(hosts.host).flatMap((each) => each.addr_info)
    address = local.find(({ scope }) => scope === 'link')?.['local'] ?? ''
    index = shown(hosts.peer)[0]?.ifindex ?? 0
  })
  afterAll(() => hosts[Symbol.dispose]())

  it.each(SERVICES)(
    '$client.0 $client.1 reaches $server there, by name and number of the interface',
    async ({ server, args, client: [app, command], port }) => {
      await using running = await startApp(server, [...args], { namespace: hosts.host })
      await running.waitForLog(({ msg, transport }) => msg === 'listening' && transport !== 'http')
      for (const zone of ['eth0', index]) {
        const words = [command, `[${address}%${zone}]:${port}`, '-c', '2', '-i', '200ms']
        const { code, stderr } = await runApp(app, words, { namespace: hosts.peer })
        expect({ zone, code, stderr }).toEqual({ zone, code: 0, stderr: '' })
      }
    },
  )
})
