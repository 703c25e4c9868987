import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

describe('the command line', () => {
  it.each([
    ['--bogus', 'unknown option --bogus'],
    ['--port 0', '--port 0: must be 1 to 65535'],
    ['--udp-port 99999', '--udp-port 99999: must be 0 to 65535'],
    ['--stream-increment 2', '--stream-increment 2: must be 0, 1'],
    ['--streams 0', '--streams 0: must be 1 to 65535'],
    ['--events rumours', '--events rumours: must be association, address, '],
    ['--buffer 4KiB', '--buffer 4KiB: must not be less than --max-message'],
    ['--deny 10.0.0.0/99', '--deny 10.0.0.0/99: must be'],
    ['fly', 'unknown command fly'],
    ['ping', 'missing argument HOST[:PORT]'],
    ['ping host:99999', 'HOST host:99999: the port must be 1 to 65535'],
    ['ping ::1 -4', 'HOST ::1: is not an IPv4 address'],
    ['ping localhost --size 19', '--size 19: must be 20 to'],
    ['ping localhost --rate 5 --window 5', '--rate and --window cannot be combined'],
    ['send', 'missing argument HOST[:PORT]'],
    ['send localhost --events data-io', '--events data-io: must be association, address, '],
  ])('refuses "%s" in one line', async (words, message) => {
    const { code, stdout, stderr } = await runApp('sctp-echo', words.split(' '))
    expect(stderr).toContain(`sctp-echo: ${message}`)
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
    ['send no-such-host.invalid', 'does not resolve'],
    [
      'ping 127.0.0.1 --udp-port 9 --wait 300ms',
      '127.0.0.1:9877: no association in time over udp port 9',
    ],
  ])('tells in one line that the network failed: "%s"', async (words, message) => {
    const { code, stderr } = await runApp('sctp-echo', words.split(' '))
    expect(stderr).toContain(message)
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 1, lines: 2 })
  })

  it('reports in one line that the UDP port is in use', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    const args = ['--host', '127.0.0.1', '--udp-port', String(port)]
    const { code, stderr } = await runApp('sctp-echo', args)
    expect(stderr).toBe(`sctp-echo: 127.0.0.1:${port}: the address is already in use\n`)
    expect(code).toBe(1)
    socket.close()
  })

  it.each(['--check', 'ping localhost --check', 'send localhost --check'])(
    'only checks with "%s"',
    async (words) => {
      const { code, stdout, stderr } = await runApp('sctp-echo', words.split(' '))
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'sctp-echo: the configuration is valid\n',
        stderr: '',
      })
    },
  )

  it('helps with each command', async () => {
    const [serve, ping, send] = await Promise.all(
      [[], ['ping'], ['send']].map((words) => runApp('sctp-echo', [...words, '--help-all'])),
    )
    expect(serve?.stdout).toMatch(/--stream-increment 0\|1 [^]*default: 1/)
    expect(ping?.stdout).toContain('--window')
    expect(send?.stdout).toContain('--to-all')
  })
})
