import { runApp } from '@sockyard/testkit/run-app'
import { startApp } from '@sockyard/testkit/start-app'
import { describe, expect, test } from 'vitest'

const GREETER = 'packages/service/src/example/main.ts'

describe('what is wrong with a command line is one line and exit code 2', () => {
  test.each([
    [['--nope'], '--nope: unknown option (--help lists them)'],
    [['--port', '99999'], '--port 99999: must be 0 to 65535'],
    [
      ['--idle-timeout', '5'],
      '--idle-timeout 5: must be a duration such as 200ms, 5s, 2m or 1h, 1ms to 596h',
    ],
    [['--allow', '10.0.0.0/8', '--allow', '::1,10/8'], '--allow 10/8: must be an address'],
    [['--greeting', ''], '--greeting "": must not be empty'],
    [['dance'], 'command dance: unknown command (there is serve, meet)'],
    [['meet'], 'HOST:PORT: is missing'],
    [['meet', 'a:1', 'b:2'], 'operand b:2: is one too many'],
    [['meet', '--', '--help'], 'HOST:PORT --help: needs both'],
    [['--port', '\u001b[31m\n'], String.raw`--port \u001b[31m\n: must be a whole number`],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runApp(GREETER, args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([expect.stringContaining(`greeter: ${message}`), ''])
  })

  test.each([
    ['PORT', '70000', 'environment variable PORT 70000: must be 0 to 65535'],
    ['ALLOW', '::1,x', 'environment variable ALLOW x: must be an address'],
    ['ADMIN_PORT', 'x', 'environment variable ADMIN_PORT x: must be a whole number'],
  ])('%s=%s', async (name, value, message) => {
    const { code, stderr } = await runApp(GREETER, ['--check'], { env: { [name]: value } })
    expect(code).toBe(2)
    expect(stderr.split('\n')).toEqual([expect.stringContaining(`greeter: ${message}`), ''])
  })
})

test('--check finds nothing wrong, opens nothing and exits with 0', async () => {
  expect(await runApp(GREETER, ['--check', '-p', '1'])).toEqual({
    code: 0,
    stdout: 'greeter: the configuration is valid\n',
    stderr: '',
  })
})

test('a -- before everything, which pnpm start hands on, changes nothing', async () => {
  const { code, stderr } = await runApp(GREETER, ['--', 'meet'])
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'greeter: HOST:PORT: is missing\n' })
})

test('--version names the version of the package that the entry is in', async () => {
  const { code, stdout } = await runApp(GREETER, ['--version'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'greeter 0.1.0\n' })
})

test('the environment configures, an empty variable does not, and a flag wins', async () => {
  const env = { GREETING: 'from the environment', HOST: '127.0.0.1', PORT: '', IDLE_TIMEOUT: '7s' }
  await using fromEnvironment = await startApp(GREETER, ['--port', '0'], { env })
  await using fromFlag = await startApp(GREETER, ['-p', '0', '-g', 'from a flag'], { env })
  const heard = await Promise.all(
    [fromEnvironment, fromFlag].map(async (app) => {
      const { port } = await app.listening()
      return (await runApp(GREETER, ['meet', `127.0.0.1:${port}`, '-c1'])).stdout
    }),
  )
  expect(heard).toEqual(['from the environment\nheard 1\n', 'from a flag\nheard 1\n'])
})

test('a client that is interrupted ends with its final report', async () => {
  await using greeter = await startApp(GREETER, ['--host', '127.0.0.1', '--port', '0'])
  const { port } = await greeter.listening()
  await using meeting = await startApp(GREETER, ['meet', `127.0.0.1:${port}`])
  await meeting.waitForText(/hello/)
  meeting.kill('SIGINT')
  expect(await meeting.exited).toEqual({ code: 0, signal: null })
  expect(meeting.stdout).toMatch(/heard \d+\n$/)
})

test('a client whose network fails says how in one line, with exit code 1', async () => {
  const { code, stderr } = await runApp(GREETER, ['meet', '127.0.0.1:1'])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'greeter: 127.0.0.1:1: connection refused\n',
  })
})

describe('--help', () => {
  test('shows commands and every option with short flag, value, default and variable', async () => {
    const { code, stdout } = await runApp(GREETER, ['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('greeter meet [OPTION]... HOST:PORT')
    const words = stdout.replaceAll(/\s+/g, ' ')
    expect(words).toContain(
      '-p, --port PORT port to listen on; 0 picks a free one [default 3999, env PORT]',
    )
    expect(words).toContain(
      '--idle-timeout DURATION a connection silent for this long is closed [default 300s, env IDLE_TIMEOUT]',
    )
    expect(words).toContain('Service: --admin-port PORT')
  })

  test.each([[['--help']], [['meet', '-h']]])('%j fits 80 columns', async (args) => {
    const { stdout } = await runApp(GREETER, args)
    const tooLong = stdout.split('\n').filter((line) => line.length > 80 || /\s$/.test(line))
    expect(tooLong).toEqual([])
  })

  test('of a command shows its operands and options only', async () => {
    const { stdout } = await runApp(GREETER, ['meet', '--help'])
    expect(stdout).toContain('HOST:PORT')
    expect(stdout).toContain('-w, --wait DURATION')
    expect(stdout).not.toContain('--admin-port')
  })
})
