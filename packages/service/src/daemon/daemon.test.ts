import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { runApp } from '@sockyard/testkit/process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const GREETER = 'packages/service/src/example/main.ts'

vi.setConfig({ testTimeout: 30_000 })

let folder = ''
let pidFile = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daemon-'))
  pidFile = join(folder, 'greeter.pid')
})
afterEach(async () => {
  await end()
  rmSync(folder, { recursive: true })
})

/** The daemon of this test, by its pid file; undefined when there is none. */
function pid(): number | undefined {
  return existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : undefined
}

/** What the kernel says of a process (proc_pid_stat(5)), from its state on. */
function stateOf(number: number): string[] {
  const stat = readFileSync(`/proc/${number}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

async function end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const number = pid()
  if (number === undefined) return
  try {
    process.kill(number, signal)
  } catch {
    return
  }
  // It is not a child of this process, so there is no event at its end.
  await vi.waitFor(() => expect(existsSync(`/proc/${number}`)).toBe(false), 10_000)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function start(port: number, ...args: readonly string[]) {
  const where = ['--host', '127.0.0.1', '--port', String(port)]
  return runApp(GREETER, ['--daemon', '--pid-file', pidFile, ...where, ...args])
}

async function greetingAt(port: number): Promise<string> {
  return text(connect(port, '127.0.0.1'))
}

describe('a daemon', () => {
  it('serves when the command that started it has ended, without a word', async () => {
    const port = await freePort()
    expect(await start(port)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await greetingAt(port)).toBe('hello\n')
  })

  it('has a session of its own, no terminal, and no inherited descriptors', async () => {
    await start(await freePort())
    const number = pid() ?? 0
    const [state, , , session, terminal] = stateOf(number)
    expect({ state: state !== 'Z', session, terminal }).toEqual({
      state: true,
      session: String(number),
      terminal: '0',
    })
    expect(readlinkSync(`/proc/${number}/cwd`)).toBe('/')
    for (const stream of [0, 1, 2])
      expect(readlinkSync(`/proc/${number}/fd/${stream}`)).toBe('/dev/null')
    expect(readFileSync(`/proc/${number}/status`, 'utf8')).toMatch(/^Umask:\s+0022$/m)
  })

  it('ends at SIGTERM and takes its pid file with it', async () => {
    const port = await freePort()
    await start(port)
    await end('SIGTERM')
    expect(existsSync(pidFile)).toBe(false)
    await expect(greetingAt(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('is the only one of its pid file, and a second one names the process that has it', async () => {
    const port = await freePort()
    await start(port)
    const second = await start(await freePort())
    const expected = `greeter: ${pidFile}: already running as process ${pid()}\n`
    expect(second).toEqual({ code: 1, stdout: '', stderr: expected })
    expect(await greetingAt(port)).toBe('hello\n')
  })

  it('takes over the pid file of a killed one, also when its number was reused', async () => {
    await start(await freePort())
    await end('SIGKILL')
    expect(existsSync(pidFile)).toBe(true)
    writeFileSync(pidFile, `${process.pid}\n`)
    expect((await start(await freePort())).code).toBe(0)
    expect(pid()).not.toBe(process.pid)
  })

  it('works in the given directory', async () => {
    await start(await freePort(), '--directory', folder)
    expect(readlinkSync(`/proc/${pid()}/cwd`)).toBe(folder)
  })
})

describe('errors are reported before the command returns', () => {
  it.each([
    [['--port', '99999'], /^greeter: --port 99999: must be 0 to 65535\n$/],
    [['--nosuch'], /^greeter: unknown option --nosuch; --help lists the options\n$/],
    [['--inetd'], /^greeter: --daemon and --inetd cannot be combined\n$/],
    [['--directory', '/nosuch'], /^greeter: --directory \/nosuch: must be a directory .*\n$/],
    [['--pid-file', '/nosuch/x'], /^greeter: --pid-file \/nosuch\/x: cannot be written .*\n$/],
    [['--syslog-facility', 'coffee'], /^greeter: --syslog-facility coffee: must be kern, .*\n$/],
  ])('%j ends with exit code 2', async (args, message) => {
    const { code, stderr } = await start(await freePort(), ...args)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(pid()).toBeUndefined()
  })

  it('a taken port ends with exit code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    expect(await start(port)).toEqual({
      code: 1,
      stdout: '',
      stderr: `greeter: 127.0.0.1:${port}: the address is already in use\n`,
    })
    expect(pid()).toBeUndefined()
    taken.close()
  })

  it.each([['--pid-file', 'x'], ['--inetd']])(
    '%j without what it needs ends with 2',
    async (...args) => {
      const { code, stderr } = await runApp(GREETER, args)
      expect(stderr).toMatch(
        /^greeter: --(pid-file requires --daemon|inetd: standard input must be a TCP or UDP socket)\n$/,
      )
      expect(code).toBe(2)
    },
  )
})
