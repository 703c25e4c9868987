import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { startServer } from './client.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

describe('the command line', () => {
  it.each([
    [['--nonsense'], /^sntp-server: unknown option --nonsense/],
    [['--port', '99999'], /^sntp-server: --port 99999: must be .*0 to 65535$/],
    [['--stratum', '16'], /^sntp-server: --stratum 16: must be .*1 to 15$/],
    [['--reference-id', 'TOOLONG'], /^sntp-server: --reference-id TOOLONG: must be 1 to 4 ASCII/],
    [['--group', '192.0.2.1'], /^sntp-server: --group 192\.0\.2\.1: must be a multicast group$/],
    [['--group', 'ff05::101', '--host', '127.0.0.1'], /^sntp-server: --group .*family of --host$/],
    [['--broadcast', 'everybody'], /^sntp-server: --broadcast everybody: must be an IPv4 address$/],
    [
      ['--broadcast', '224.0.1.1'],
      /^sntp-server: --broadcast 224\.0\.1\.1: is a multicast address: use --group$/,
    ],
    [['--host', '127.0.0.1', '-6'], /^sntp-server: --host 127\.0\.0\.1: is not an IPv6 address$/],
    [['--interval', '1ms'], /^sntp-server: --interval 1ms: must be 100ms or more$/],
    [
      ['--interface', 'nosuch0'],
      /^sntp-server: --interface nosuch0: no such interface; there are /,
    ],
    [['--key', '1'], /^sntp-server: --key 1: needs --keys FILE$/],
    [['--keys', '/nosuch/keys'], /^sntp-server: --keys \/nosuch\/keys: cannot be read: ENOENT/],
    [['--keys', '/dev/null', '--key', '5'], /^sntp-server: --key 5: is not among the keys of/],
  ])('refuses %j in one line with exit code 2', async (args, message) => {
    const { code, stderr } = await runApp('sntp-server', ['--check', ...args])
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(code).toBe(2)
  })

  it('reports in one line that the port is in use, with exit code 1', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address()
    const args = ['--host', '127.0.0.1', '--port', String(port)]
    const { code, stderr } = await runApp('sntp-server', args)
    taken.close()
    expect(stderr).toBe(`sntp-server: 127.0.0.1:${port}: the address is already in use\n`)
    expect(code).toBe(1)
  })

  it('is found right by --check', async () => {
    expect(await runApp('sntp-server', ['--check', '--stratum', '3'])).toMatchObject({ code: 0 })
  })
})

it('stops with exit code 0 on a signal, while it broadcasts', async () => {
  const targets = ['--broadcast', '127.255.255.255', '--interval', '100ms']
  await using server = await startServer(...targets)
  server.app.kill('SIGTERM')
  expect(await server.app.exited).toEqual({ code: 0, signal: null })
})
