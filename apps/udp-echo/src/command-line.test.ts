import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Every test starts processes; a busy machine takes several times as long.
vi.setConfig({ testTimeout: 60_000 })

describe('the command line', () => {
  it.each([
    [['--nosuch'], '--nosuch'],
    [['--port', '99999'], '--port 99999: must be'],
    [['--port', 'echo'], '--port echo: must be'],
    [['--rate-limit', 'many'], '--rate-limit many: must be'],
    [['--receive-buffer', '1'], '--receive-buffer 1: must be'],
    [['--allow', '10.0.0.0/33'], '--allow 10.0.0.0/33: must be'],
    [['nonsense'], 'nonsense'],
    [['ping'], 'HOST[:PORT]'],
    [['ping', '127.0.0.1:0'], 'HOST 127.0.0.1:0: the port must be 1 to 65535'],
    [['ping', '127.0.0.1:99999'], 'HOST 127.0.0.1:99999: the port must be 1 to 65535'],
    [['ping', '127.0.0.1', '-6'], 'HOST 127.0.0.1: is not an IPv6 address'],
    [['ping', '127.0.0.1', '-c', '0'], '--count 0: must be'],
    [['ping', '127.0.0.1', '-s', '65508'], '--size 65508: must be'],
    [['ping', '127.0.0.1', '-i', 'soon'], '--interval soon: must be'],
    [
      ['ping', '127.0.0.1', '--rate', '10', '--window', '1'],
      '--rate and --window cannot be combined',
    ],
    [['ping', '127.0.0.1', '--rate', '10', '-i', '1s'], '--interval and --rate cannot be combined'],
  ])('%j is one line and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runApp('udp-echo', args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^udp-echo: .*\n$/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it.each([[['--check', '--port', '0']], [['ping', '--check', 'localhost']]])(
    '%j says that the configuration is valid',
    async (args) => {
      const { code, stdout } = await runApp('udp-echo', args)
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: 'udp-echo: the configuration is valid\n',
      })
    },
  )

  it.each([[['--help-all']], [['ping', '--help-all']]])('%j shows every option', async (args) => {
    const { code, stdout } = await runApp('udp-echo', args)
    expect(stdout).toContain(args.length === 1 ? '--rate-limit' : '--window')
    expect(code).toBe(0)
  })

  it('a host without that address is one line and exit code 1', async () => {
    const { code, stderr } = await runApp('udp-echo', ['--host', '192.0.2.1', '--port', '0'])
    expect(stderr).toMatch(/^udp-echo: 192\.0\.2\.1:0: no interface here has that address\n$/)
    expect(code).toBe(1)
  })
})
