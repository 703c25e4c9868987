import { spawnSync } from 'node:child_process'

import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const CLIENTS = [
  ['tcp-echo', 'tcp', []],
  ['udp-echo', 'udp', ['--engine', 'native']],
  ['udp-echo', 'udp', ['--engine', 'node']],
  ['sctp-echo', 'udp', []],
] as const

/** A firewall that takes only the packets of a rule (iptables(8)); without iptables there is none. */
function acceptOnly(namespace: string, rule: string): void {
  for (const line of [`-A INPUT ${rule} -j ACCEPT`, '-P INPUT DROP']) {
    const args = ['netns', 'exec', namespace, 'iptables', ...line.split(' ')]
    expect(String(spawnSync('ip', args).stderr)).toBe('')
  }
}

/** A server at 10.77.0.1 and a client at 10.77.0.2 and 10.77.0.3. */
async function between<Result>(
  app: string,
  work: (hosts: { server: string; client: string }) => Promise<Result>,
): Promise<Result> {
  using hosts = twoHosts('ping-path')
  spawnSync('ip', `-n ${hosts.peer} addr add 10.77.0.3/24 dev eth0`.split(' '))
  await using server = await startApp(app, [], { namespace: hosts.host })
  await server.waitForLog(({ msg }) => msg === 'listening')
  return await work({ server: hosts.host, client: hosts.peer })
}

const hasIptables = spawnSync('iptables', ['--version']).status === 0

describe.runIf(canMakeNamespaces() && hasIptables)('the packets of ping', () => {
  it.each(CLIENTS)(
    '%s over %s %j: all have the TTL, the DSCP, the source and the local port that were asked for',
    async (app, protocol, engine) => {
      await between(app, async ({ server, client }) => {
        const ours = `-s 10.77.0.3 -p ${protocol} --sport 5123 -m ttl --ttl-eq 7`
        acceptOnly(server, `${ours} -m dscp --dscp 46`)
        const args = ['ping', '10.77.0.1', '-c', '2', '-i', '20ms', '-W', '2s', ...engine]
        const path = ['--source', '10.77.0.3', '--local-port', '5123', '--ttl', '7']
        const ping = (...more: string[]) =>
          runApp(app, [...args, ...path, ...more], { namespace: client })
        expect(await ping('--dscp', 'ef')).toMatchObject({ code: 0, stderr: '' })
        expect((await ping('--dscp', 'cs1', '-W', '300ms')).code).toBe(1)
      })
    },
  )

  it.each(CLIENTS)(
    '%s over %s %j: leave by the interface that was named',
    async (app, _, engine) => {
      await between(app, async ({ client }) => {
        const ping = (source: string) => {
          const args = ['ping', '10.77.0.1', '-c', '1', '-W', '500ms', '-I', source, ...engine]
          return runApp(app, args, { namespace: client })
        }
        expect(await ping('eth0')).toMatchObject({ code: 0, stderr: '' })
        expect((await ping('lo')).code).toBe(1)
        const { code, stderr } = await ping('eth9')
        expect(stderr).toMatch(/^\S+: --source eth9: no such interface; there are .*eth0.*\n$/)
        expect(code).toBe(2)
        expect((await ping('192.0.2.9')).stderr).toContain('192.0.2.9')
      })
    },
  )

  it.each(['native', 'node'])('of udp-echo, engine %s, have the ECN codepoint', async (engine) => {
    await between('udp-echo', async ({ server, client }) => {
      acceptOnly(server, '-p udp -m ecn --ecn-ip-ect 2')
      const args = ['ping', '10.77.0.1', '-c', '1', '-W', '1s', '--engine', engine]
      const ping = (ecn: string) =>
        runApp('udp-echo', [...args, '--ecn', ecn], { namespace: client })
      expect((await ping('ect0')).code).toBe(0)
      expect((await ping('ect1')).code).toBe(1)
    })
  })
})

it('a source of the other family, or one that is not ours, is one line', async () => {
  const other = await runApp('tcp-echo', ['ping', 'localhost', '-6', '--source', '127.0.0.1'])
  expect(other).toMatchObject({
    code: 2,
    stderr: 'tcp-echo: --source 127.0.0.1: is not an IPv6 address\n',
  })
  const absent = await runApp('tcp-echo', ['ping', '127.0.0.1', '--source', '192.0.2.9'])
  expect(absent).toMatchObject({
    code: 1,
    stderr: 'tcp-echo: 192.0.2.9: no interface here has that address\n',
  })
})
