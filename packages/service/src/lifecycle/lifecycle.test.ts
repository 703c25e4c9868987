import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, test } from 'vitest'

const AWKWARD = 'packages/service/src/fixtures/awkward.ts'

const isStarted = ({ event }: Readonly<Record<string, unknown>>) => event === 'start'

async function readiness(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`)
  await response.text()
  return response.status
}

describe('a server that is stopped by a signal', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'drains at %s and exits with 0',
    async (signal) => {
      await using app = await startApp(AWKWARD, ['--drain-timeout', '50ms'])
      await app.waitForLog(isStarted)
      app.kill(signal)
      expect(await app.exited).toEqual({ code: 0, signal: null })
      const messages = app.lines.map(({ msg }) => msg)
      expect(messages.slice(-3)).toEqual(['stopping', 'drained', 'stopped'])
      expect(app.stderr).toBe('')
    },
  )

  test('is not stopped by SIGUSR1, and opens no inspector to other users of this host', async () => {
    await using app = await startApp(AWKWARD, ['--drain-timeout', '50ms'])
    await app.waitForLog(isStarted)
    app.kill('SIGUSR1')
    expect(await readiness(await app.adminPort())).toBe(200)
    app.kill('SIGTERM')
    expect(await app.exited).toEqual({ code: 0, signal: null })
    expect(app.stderr).toBe('')
  })

  test('is ready before, and not ready but alive while clients drain', async () => {
    await using app = await startApp(AWKWARD, ['--drain-timeout', '1h'])
    await app.waitForLog(isStarted)
    const port = await app.adminPort()
    expect(await readiness(port)).toBe(200)
    app.kill()
    await app.waitForLog(({ msg }) => msg === 'stopping')
    expect(await readiness(port)).toBe(503)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('ends at once at a second signal, %s, with exit code %i', async (signal, code) => {
    await using app = await startApp(AWKWARD, ['--drain-timeout', '1h'])
    await app.waitForLog(isStarted)
    app.kill('SIGTERM')
    await app.waitForLog(({ msg }) => msg === 'stopping')
    app.kill(signal)
    expect(await app.exited).toEqual({ code, signal: null })
  })

  test('by SIGHUP reads its configuration again instead, if it has one to read', async () => {
    await using app = await startApp(AWKWARD, ['--behaviour', 'reloads'])
    await app.waitForLog(isStarted)
    app.kill('SIGHUP')
    await app.waitForLog(({ msg }) => msg === 'reloaded')
    expect(await readiness(await app.adminPort())).toBe(200)
    app.kill('SIGTERM')
    expect(await app.exited).toEqual({ code: 0, signal: null })
  })

  test('while it starts, stops as well', async () => {
    await using app = await startApp(AWKWARD, ['--behaviour', 'slow-start'])
    const port = await app.adminPort()
    expect(await readiness(port)).toBe(503)
    app.kill()
    expect((await app.exited).code).toBe(0)
  })

  test('is ended when it does not stop in time, with an error', async () => {
    await using app = await startApp(AWKWARD, [
      '--behaviour',
      'never-stops',
      '--drain-timeout',
      '5ms',
    ])
    await app.waitForLog(isStarted)
    app.kill()
    expect((await app.exited).code).toBe(1)
    expect(app.lines.at(-1)).toMatchObject({
      level: 'fatal',
      error: { message: 'the service did not stop in time' },
    })
  })

  test('stops though an event stream is open and not read', async () => {
    await using app = await startApp(AWKWARD, ['--drain-timeout', '50ms'])
    await app.waitForLog(isStarted)
    const events = await fetch(`http://127.0.0.1:${await app.adminPort()}/events`)
    app.kill()
    expect((await app.exited).code).toBe(0)
    await events.body?.cancel().catch(() => undefined)
  })
})

describe('a server that ends by itself', () => {
  test('when its work is done exits with 0', async () => {
    const { code, stdout } = await runApp(AWKWARD, ['--behaviour', 'finishes'])
    expect(code).toBe(0)
    expect(stdout).toContain('"reason":"finished","msg":"stopping"')
    expect(stdout).toContain('"msg":"stopped"')
  })

  test('when it cannot go on stops first and exits with 1', async () => {
    const { code, stdout } = await runApp(AWKWARD, ['--behaviour', 'fails'])
    expect(code).toBe(1)
    expect(stdout).toContain('"reason":"failure","msg":"stopping"')
    expect(stdout).toContain('"msg":"drained"')
    expect(stdout).toContain('the floor is gone')
  })

  test('because of a bug logs one line without a stack trace and exits with 1', async () => {
    const { code, stdout, stderr } = await runApp(AWKWARD, ['--behaviour', 'crashes'])
    expect(code).toBe(1)
    const lines = stdout.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      level: 'fatal',
      error: { type: 'TypeError', message: 'a bug\nof ours' },
    })
    expect(stdout + stderr).not.toContain('awkward.ts')
  })

  test('because of a bug shows the stack at the level debug', async () => {
    const { stdout } = await runApp(AWKWARD, ['--behaviour', 'crashes'], {
      env: { SOCKYARD_LOG_LEVEL: 'debug' },
    })
    expect(stdout).toContain('awkward.ts')
  })
})

test('--check finds what the service itself refuses, and opens nothing', async () => {
  const { code, stdout, stderr } = await runApp(AWKWARD, ['--check', '--behaviour', 'refuses'])
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: 'awkward: --behaviour refuses: must be sane\n',
  })
})

test('a taken admin port is one clear line and exit code 1', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const { port } = squatter.address() as AddressInfo
  const { code, stdout, stderr } = await runApp(AWKWARD, ['--admin-port', String(port)])
  squatter.close()
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: `awkward: 127.0.0.1:${port}: the address is already in use\n`,
  })
})
