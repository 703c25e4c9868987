import { spawnSync } from 'node:child_process'

import { runApp } from '@sockyard/testkit/run-app'
import { startApp } from '@sockyard/testkit/start-app'
import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/two-hosts'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

function ip(line: string): void {
  const { status, stderr } = spawnSync('ip', line.split(' '))
  expect({ line, status, stderr: String(stderr) }).toEqual({ line, status: 0, stderr: '' })
}

// Needs root, as CI has it in its container; elsewhere the addresses of one host are not ours to change.
describe.runIf(canMakeNamespaces())('between two hosts', () => {
  it('a server on every address answers from the one that was asked, also from one that is new', async () => {
    using hosts = twoHosts('sockyard-sctp-many')
    ip(`-n ${hosts.host} addr add 10.77.0.3/24 dev eth0`)
    await using app = await startApp('sctp-echo', [], { namespace: hosts.host })
    await app.waitForLog(({ msg }) => msg === 'listening')
    const ask = async (address: string, wait = '2s'): Promise<string> => {
      const args = ['send', address, '--wait', wait]
      const { code, stdout, stderr } = await runApp('sctp-echo', args, {
        namespace: hosts.peer,
        stdin: 'hello\n',
      })
      return code === 0 && stdout.includes('seq    0  hello') ? 'echoed' : stdout + stderr
    }
    // Routing would answer all three IPv4 addresses from 10.77.0.1.
    for (const address of ['10.77.0.1', '10.77.0.3', 'fd77::1'])
      expect(await ask(address)).toBe('echoed')
    ip(`-n ${hosts.host} addr add 10.77.0.4/24 dev eth0`)
    ip(`-n ${hosts.host} addr del 10.77.0.3/24 dev eth0`)
    // The INIT that comes too early is sent again.
    expect(await ask('10.77.0.4', '20s')).toBe('echoed')
    const bound = spawnSync('ip', ['netns', 'exec', hosts.host, 'ss', '-Hlun', 'sport = 9899'])
    expect(String(bound.stdout)).toContain('10.77.0.4:9899')
    expect(String(bound.stdout)).not.toContain('10.77.0.3:9899')
    ip(`-n ${hosts.host} addr add 10.77.0.3/24 dev eth0`)
    expect(await ask('10.77.0.3', '20s')).toBe('echoed')
  })
})
