import { echoPingEvent } from '@sockyard/protocol/results'
import { seededRandom, udpRelay } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { openEndpoint, startServer, target } from '../peer.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const last = (stdout: string) =>
  echoPingEvent.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))

describe('ping', () => {
  it('prints each round trip and the summary', async () => {
    await using server = await startServer()
    const args = ['ping', ...target(server), '--count', '3', '--interval', '60ms']
    const { code, stdout } = await runApp('sctp-echo', args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ping 127\.0\.0\.1 port 9877 over sctp: 64 B every 60 ms\n/)
    expect(stdout.match(/^seq +\d {2}64 B {2}time/gm)).toHaveLength(3)
    expect(stdout).toMatch(/\nanswered: sent +3 +received +3 +lost +0 \(0 %\)/)
  })

  it('gets 20,000 probes of 1,000 B back whole, over all streams', async () => {
    await using server = await startServer()
    const args = ['ping', ...target(server), '--count', '20000', '--size', '1000', '--window', '64']
    const { code, stdout } = await runApp('sctp-echo', [...args, '--json'])
    const { data } = last(stdout)
    expect(data).toMatchObject({ sent: 20_000, received: 20_000, lost: 0, malformed: 0 })
    expect(code).toBe(0)
  })

  it('loses nothing through a network that loses, duplicates and reorders', async () => {
    await using server = await startServer()
    const to = { address: '127.0.0.1', port: server.udpPort }
    const faults = { loss: 0.1, duplicate: 0.02, reorder: 0.05, random: seededRandom(5) }
    await using relay = await udpRelay({ target: to, ...faults })
    const limits = ['--count', '500', '--size', '1000', '--window', '32', '--wait', '30s']
    const args = ['ping', ...target({ udpPort: relay.port }), ...limits, '--json']
    const { code, stdout } = await runApp('sctp-echo', args)
    const { data } = last(stdout)
    expect(data).toMatchObject({ sent: 500, received: 500, lost: 0, duplicated: 0, malformed: 0 })
    expect(relay.toTarget.lost).toBeGreaterThan(10)
    expect(code).toBe(0)
  })

  it('detects wrong bytes', async () => {
    await using peer = await openEndpoint({ port: 9877, listen: true })
    peer.on('message', ({ association, data }) => {
      const wrong = Buffer.from(data)
      wrong[40] = (wrong[40] ?? 0) ^ 1
      peer.send({ association, data: wrong })
    })
    const args = ['ping', ...target(peer.address()), '--count', '2', '--interval', '10ms']
    const { code, stdout } = await runApp('sctp-echo', [...args, '--wait', '500ms', '--json'])
    expect(last(stdout).data).toMatchObject({ sent: 2, received: 0, lost: 2, malformed: 2 })
    expect(code).toBe(1)
  })

  it('reports a refusal, and why a run with an end failed', async () => {
    await using peer = await openEndpoint({ port: 9877 })
    const refused = await runApp('sctp-echo', ['ping', ...target(peer.address()), '--json'])
    expect(last(refused.stdout).data).toMatchObject({
      verdict: 'refused',
      error: { errorClass: 'REFUSED' },
    })
    expect(refused.code).toBe(1)
    await using server = await startServer()
    await using app = await startApp('sctp-echo', ['ping', ...target(server), '--count', '1000'])
    await app.waitForText(/seq +1 /)
    server.app.kill('SIGTERM')
    expect((await app.exited).code).toBe(1)
    expect(app.stdout).toContain('127.0.0.1:9877: the peer ended the association\n')
  })

  it('goes on when a server that was replaced is back, in a run without an end', async () => {
    const server = await startServer()
    const args = ['ping', ...target(server), '--interval', '50ms', '--wait', '300ms']
    await using app = await startApp('sctp-echo', args)
    await app.waitForText(/seq +1 .*time/)
    server.app.kill('SIGKILL')
    await server.app.exited
    const again = ['--host', '127.0.0.1', '--udp-port', String(server.udpPort)]
    await using _replaced = await startApp('sctp-echo', again)
    await app.waitForText(/: reconnected/)
    const answered = app.stdout.length
    await vi.waitFor(() => expect(app.stdout.slice(answered)).toMatch(/seq.*time/), 5000)
    app.kill('SIGINT')
    expect((await app.exited).signal).toBeNull()
  })
})
