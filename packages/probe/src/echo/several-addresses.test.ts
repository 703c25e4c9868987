import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'

import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** A host of its own on which the name `several` has two addresses, the first of them without any server. */
function hostWithName() {
  const hosts = twoHosts('several')
  const folder = `/etc/netns/${hosts.host}`
  mkdirSync(folder, { recursive: true })
  // ip-netns(8) shows this file as /etc/hosts in the namespace.
  writeFileSync(`${folder}/hosts`, '127.0.0.2 several\n127.0.0.3 several\n')
  const getent = ['netns', 'exec', hosts.host, 'getent', 'ahosts', 'several']
  const found = spawnSync('ip', getent, { encoding: 'utf8' }).stdout.matchAll(/^(\S+) +STREAM/gm)
  const [first, second] = Array.from(found, ([, address = '']) => address)
  if (first === undefined || second === undefined) throw new Error('the name has no two addresses')
  const dispose = (): void => {
    rmSync(folder, { recursive: true })
    hosts[Symbol.dispose]()
  }
  return { namespace: hosts.host, first, second, [Symbol.dispose]: dispose }
}

describe.skipIf(!canMakeNamespaces())('a name whose first address has no server', () => {
  it.each([
    ['tcp-echo', ['ping', 'several', '-c', '2', '-i', '50ms']],
    ['tcp-echo', ['send', 'several', 'one']],
    ['udp-echo', ['ping', 'several', '-c', '2', '-i', '50ms']],
    ['udp-echo', ['send', 'several', 'one']],
    ['daytime', ['query', 'several', '-c', '1']],
    ['daytime', ['query', 'several', '-c', '1', '--udp']],
  ])('%s %j goes to the next one', async (app, args) => {
    using host = hostWithName()
    const { namespace, second } = host
    await using server = await startApp(app, ['--host', second], { namespace })
    await server.listening()
    const { code, stdout, stderr } = await runApp(app, [...args, '--json'], { namespace })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const end = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(end).toMatchObject({ event: 'end' })
    expect(end.data.received).toBeGreaterThan(0)
  })

  it('sntp-listener query goes to the next one, also when the first is silent', async () => {
    using host = hostWithName()
    const { namespace, first, second } = host
    const options = ['--host', second, '--port', '1123', '--stratum', '3']
    await using _server = await startApp('sntp-server', options, { namespace })
    await _server.listening('udp')
    const silent = ['receive', '--host', first, '--port', '1123']
    await using receiver = await startApp('udp-echo', silent, { namespace })
    await receiver.waitForText(/udp /)
    const args = ['query', 'several:1123', '-c', '2', '-W', '300ms', '--json']
    const { code, stdout } = await runApp('sntp-listener', args, { namespace })
    expect({ code, end: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') }).toMatchObject({
      code: 0,
      end: { data: { sent: 2, received: 2, lost: 0 } },
    })
  })
})
