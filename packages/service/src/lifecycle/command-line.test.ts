import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, test } from 'vitest'

const GREETER = 'packages/service/src/example/main.ts'

describe('what is wrong with a command line is one line and exit code 2', () => {
  test.each([
    [['--nope'], 'unknown option --nope; --help lists the options'],
    [['--wait', '1s'], 'unknown option --wait; sockyard greeter meet has it'],
    [['--port', '-1'], '--port -1: must be 0 to 65535'],
    [['--port', '99999'], '--port 99999: must be 0 to 65535'],
    [['--allow', '10.0.0.0/8', '--allow', '::1,10/8'], '--allow 10/8: must be an address'],
    [['dance'], 'unknown command dance; there is serve, meet'],
    [['meet', 'a:1', 'b:2'], 'unexpected argument: b:2'],
    [['meet', '--', '--help'], 'HOST:PORT --help: needs both'],
    [['--port', '\u001b[31m\n'], String.raw`--port \u001b[31m\n: must be a whole number`],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runApp(GREETER, args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([expect.stringContaining(`greeter: ${message}`), ''])
  })

  test.each([
    ['SOCKYARD_PORT', '70000', 'environment variable SOCKYARD_PORT 70000: must be 0 to 65535'],
    ['SOCKYARD_ALLOW', '::1,x', 'environment variable SOCKYARD_ALLOW x: must be an address'],
    [
      'SOCKYARD_ADMIN_PORT',
      'x',
      'environment variable SOCKYARD_ADMIN_PORT x: must be a whole number',
    ],
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
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'greeter: missing argument HOST:PORT\n' })
})

test('--version names the version of the package that the entry is in', async () => {
  const { code, stdout } = await runApp(GREETER, ['--version'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'greeter 0.1.0\n' })
})

test('the environment configures, an empty variable does not, and a flag wins', async () => {
  const env = {
    SOCKYARD_GREETING: 'from the environment',
    SOCKYARD_HOST: '127.0.0.1',
    SOCKYARD_PORT: '',
    GREETING: 'not ours',
  }
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

test('a network failure of a client is one line, with exit code 1', async () => {
  const { code, stderr } = await runApp(GREETER, ['meet', '127.0.0.1:1'])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'greeter: 127.0.0.1:1: connection refused\n',
  })
})

test.each([
  ['--help', 'Usage: sockyard greeter [serve] [OPTION]...'],
  ['--help-all', '--idle-timeout DURATION'],
])('%s of the process fits COLUMNS, and contains %s', async (flag, expected) => {
  const { code, stdout } = await runApp(GREETER, [flag], { env: { COLUMNS: '60' } })
  expect(code).toBe(0)
  expect(stdout).toContain(expected)
  const lengths = stdout.split('\n').map((line) => line.length)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(60)
})
