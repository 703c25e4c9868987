import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { configuration, exchange, startInetd } from './inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const BROKEN = [
  '127.0.0.1:7001 stream tcp nowait - internal echo',
  '127.0.0.1:no-such-service stream tcp nowait - /bin/cat',
  '127.0.0.1:7002 stream tcp nowait no-such-user /bin/cat',
  '127.0.0.1:7003 stream tcp nowait -:no-such-group /bin/cat',
  '127.0.0.1:7004 stream tcp nowait - /no/such/program',
  '127.0.0.1:7005 stream tcp nowait - /bin',
  '127.0.0.1:7006 stream tcp nowait - /etc/passwd',
  '127.0.0.1:7007 stream tcp nowait - internal login',
  '127.0.0.1:19 stream tcp nowait - internal',
  '127.0.0.1:chargen dgram udp wait - internal',
  '127.0.0.1:7001 stream tcp nowait - internal discard',
  '127.0.0.1:7008 stream',
]

const REASONS = [
  ':2: service name no-such-service: is not a tcp service in /etc/services',
  ':3: user no-such-user: no such user',
  ':4: user no-such-group: no such group',
  ':5: server program /no/such/program: no such program',
  ':6: server program /bin: is not a file',
  ':7: server program /etc/passwd: may not be executed',
  ':8: server program internal login: must be one of echo discard daytime chargen time',
  ':9: server program internal 19: must be one of echo discard daytime chargen time',
  ':10: protocol udp: chargen is served over tcp only',
  ':11: service name 127.0.0.1:7001: is the same as in line 1',
  ':12: protocol: must be tcp or udp, optionally followed by 4, 6 or 46',
]

describe('--check', () => {
  it('reports every line that cannot be served, and exits with 2', async () => {
    const file = configuration(BROKEN)
    const { code, stdout, stderr } = await runApp('inetd', ['--config', file, '--check'])
    expect(stderr.trimEnd().split('\n')).toEqual([
      ...REASONS.map((reason) => `inetd: ${file}${reason}`),
      `inetd: --config ${file}: 11 lines are not served`,
    ])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it('of the sample finds nothing', async () => {
    const { code, stdout, stderr } = await runApp('inetd', ['--check'])
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'inetd: the configuration is valid\n',
      stderr: '',
    })
  })
})

it('a line that cannot be served is logged with file and line, and the rest is served', async () => {
  const good = '127.0.0.1:0 stream tcp nowait - internal echo'
  await using inetd = await startInetd([good, ...BROKEN.slice(1, 10)])
  const told = inetd.app.lines.filter(({ msg }) => msg === 'not served')
  expect(told.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(await exchange('127.0.0.1', await inetd.port('127.0.0.1:0/tcp'), 'x')).toBe('x')
})

it.each([
  ['--config /no/such/file', '--config /no/such/file: cannot be read: ENOENT'],
  ['--config /', '--config /: cannot be read: EISDIR'],
  ['--max-children 0', '--max-children 0: must be 1 to'],
  ['--bogus', 'unknown option --bogus'],
])('refuses "%s" in one line', async (words, message) => {
  const { code, stdout, stderr } = await runApp('inetd', words.split(' '))
  expect(stderr).toContain(`inetd: ${message}`)
  expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({
    code: 2,
    stdout: '',
    lines: 2,
  })
})

// Only root can start it as another user.
it.runIf(userInfo().uid === 0)(
  'a user other than root starts programs only as itself',
  async () => {
    const file = configuration([
      '7001 stream tcp nowait root /bin/cat',
      '7002 stream tcp nowait - /bin/cat',
    ])
    chmodSync(dirname(file), 0o755)
    const { stderr, status } = spawnSync(
      process.execPath,
      [new URL('main.ts', import.meta.url).pathname, '--config', file, '--check'],
      { uid: 65_534, gid: 65_534, encoding: 'utf8' },
    )
    expect(stderr).toContain(
      `:1: user root: inetd runs as nobody: only root can start a program as another user`,
    )
    expect({ status, lines: stderr.split('\n').length }).toEqual({ status: 2, lines: 3 })
  },
)
