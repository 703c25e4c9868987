import { spawnSync } from 'node:child_process'

import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { told } from './peer.testing.ts'

vi.setConfig({ testTimeout: 60_000 })

const SENDER = 'multicast-sender'

function samples(app: RunningApp): number {
  return told(app.lines, 'sample').length
}

function ip(...words: string[]): void {
  expect(spawnSync('ip', words).status).toBe(0)
}

// Where namespaces cannot be made, the container tests hold the same.
describe.runIf(canMakeNamespaces())('a network that comes and goes', () => {
  it('costs datagrams while it refuses them; afterwards they go out again', async () => {
    using hosts = twoHosts('sockyard-ms-deny')
    await using sender = await startApp(SENDER, ['-i', '50ms'], { namespace: hosts.host })
    await sender.waitForLog(() => samples(sender) > 2)
    ip('-n', hosts.host, 'route', 'add', 'prohibit', '239.0.0.0/8')
    await sender.waitForLog(({ msg }) => msg === 'cannot send')
    await sender.waitForLog(() => told(sender.lines, 'interval').some(({ dropped }) => dropped > 0))
    ip('-n', hosts.host, 'route', 'del', 'prohibit', '239.0.0.0/8')
    await sender.waitForLog(({ msg }) => msg === 'sending again')
    const before = samples(sender)
    await sender.waitForLog(() => samples(sender) > before + 2)
    sender.kill('SIGTERM')
    expect((await sender.exited).code).toBe(0)
    const [end] = told(sender.lines, 'end')
    expect(end?.dropped).toBeGreaterThan(0)
    expect(end?.error).toBeUndefined()
  })

  it.each(['239.255.7.8', 'ff15::8'])(
    'takes the interface with it; once it is back, datagrams to %s leave by the new one',
    async (group) => {
      using hosts = twoHosts('sockyard-ms-away')
      await using sender = await startApp(SENDER, ['-i', '50ms', '-I', 'eth0', '-g', group], {
        namespace: hosts.host,
      })
      await sender.waitForLog(() => samples(sender) > 2)
      hosts.disconnect()
      await sender.waitForLog(({ msg }) => msg === 'cannot send')
      await sender.waitForLog(({ msg }) => msg === 'outgoing interface lost')
      hosts.connect()
      await sender.waitForLog(({ msg }) => msg === 'sending again')
      const before = samples(sender)
      await sender.waitForLog(() => samples(sender) > before + 2)
      sender.kill('SIGTERM')
      expect((await sender.exited).code).toBe(0)
    },
  )

  it('exits with 1 when nothing of a counted run was sent, logs the error once and counts it each time', async () => {
    using hosts = twoHosts('sockyard-ms-none')
    hosts.disconnect()
    await using sender = await startApp(SENDER, ['-c', '2', '-i', '10ms'], {
      namespace: hosts.host,
    })
    expect((await sender.exited).code).toBe(1)
    expect(sender.stderr).toBe('multicast-sender: 239.255.43.21:4321: network unreachable\n')
    expect(sender.lines.filter(({ msg }) => msg === 'cannot send')).toHaveLength(1)
    expect(told(sender.lines, 'end')).toMatchObject([
      { sent: 0, dropped: 2, error: { errorClass: 'UNREACHABLE', code: 'ENETUNREACH' } },
    ])
  })
})
