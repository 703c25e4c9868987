import { once } from 'node:events'
import { createServer } from 'node:net'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

describe('the command line', () => {
  it.each([
    ['--bogus', 'unknown option --bogus'],
    ['--port 99999', '--port 99999: must be 0 to 65535'],
    ['--idle-timeout soon', '--idle-timeout soon: must be seconds, or a duration'],
    ['--deny 10.0.0.0/99', '--deny 10.0.0.0/99: must be'],
    ['--ipv4 --host ::1', '--host ::1: is not an IPv4 address'],
    ['--idle-timeout 1000h', '--idle-timeout 1000h: must be 1ms to 596h'],
    ['fly', 'unknown command fly'],
    ['ping', 'missing argument HOST[:PORT]'],
    ['ping host:99999', 'HOST host:99999: the port must be 1 to 65535'],
    ['ping ::1 -4', 'HOST ::1: is not an IPv4 address'],
    ['ping localhost --size 0', '--size 0: must be 1 to'],
    ['ping localhost --count 0', '--count 0: must be 1 or more'],
    ['ping localhost --rate 5 --window 5', '--rate and --window cannot be combined'],
    ['ping localhost --rate 5 --interval 1s', '--interval and --rate cannot be combined'],
    ['ping localhost --window 65536 --size 1MiB', '--window 65536: times --size must be 64MiB'],
    ['ping localhost --bytes 5', '--bytes requires --bulk'],
    ['ping localhost --bulk --count 5', '--bulk and --count cannot be combined'],
  ])('refuses "%s" in one line', async (words, message) => {
    const { code, stdout, stderr } = await runApp('tcp-echo', words.split(' '))
    expect(stderr).toContain(`tcp-echo: ${message}`)
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({
      code: 2,
      stdout: '',
      lines: 2,
    })
  })

  it.each([
    ['--host no-such-host.invalid', 'does not resolve'],
    ['--host 203.0.113.7', 'no interface here has that address'],
    ['ping no-such-host.invalid', 'does not resolve'],
  ])('tells in one line that the network failed: "%s"', async (words, message) => {
    const { code, stderr } = await runApp('tcp-echo', words.split(' '))
    expect(stderr).toContain(message)
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 1, lines: 2 })
  })

  it('reports in one line that the port is in use', async () => {
    await using server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const args = ['--host', '127.0.0.1', '--port', String(port)]
    const { code, stderr } = await runApp('tcp-echo', args)
    expect(stderr).toBe(`tcp-echo: 127.0.0.1:${port}: the address is already in use\n`)
    expect(code).toBe(1)
  })

  it.each(['--check', 'ping localhost --check'])('only checks with "%s"', async (words) => {
    const { code, stdout, stderr } = await runApp('tcp-echo', words.split(' '))
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'tcp-echo: the configuration is valid\n',
      stderr: '',
    })
  })

  it('helps with each command', async () => {
    const serve = await runApp('tcp-echo', ['--help-all'])
    const ping = await runApp('tcp-echo', ['ping', '--help-all'])
    expect(serve.stdout).toMatch(/-p, --port PORT [^]*default: 3111/)
    expect(ping.stdout).toContain('--bulk')
    expect([serve.code, ping.code]).toEqual([0, 0])
  })
})
