import { runApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { get, startConsole } from './console.testing.ts'

const TOKEN = 'a-token-that-is-long'

let running: Awaited<ReturnType<typeof startConsole>>
beforeAll(async () => {
  running = await startConsole()
})
afterAll(() => running.app[Symbol.asyncDispose]())

test('it serves the page, under a policy that permits its own files only', async () => {
  const { status, headers, text } = await get(running.port, '/')
  expect(status).toBe(200)
  expect(text).toContain('<title>Sockyard')
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test('a browser that has a file is told so', async () => {
  const { headers } = await get(running.port, '/')
  const again = await get(running.port, '/', { 'if-none-match': String(headers['etag']) })
  expect(again).toMatchObject({ status: 304, text: '' })
})

test('libraries of the page are served as they are installed', async () => {
  const { status, headers } = await get(running.port, '/assets/preact/dist/preact.mjs')
  expect({ status, type: headers['content-type'] }).toEqual({
    status: 200,
    type: 'text/javascript; charset=utf-8',
  })
})

test.each([
  '/assets/../package.json',
  '/assets/%2e%2e/package.json',
  '/assets/..%2fsrc/main.ts',
  '/assets/preact/../../package.json',
  '/assets/preact/package.json',
  '/assets/zod/index.js',
  '/assets/%00',
  '/assets/%',
  '/src/main.ts',
  '//evil.example/',
])('%s is no file of the page', async (path) => {
  expect(await get(running.port, path)).toMatchObject({ status: 404 })
})

test('foreign hosts, foreign origins and other methods are refused', async () => {
  const { port } = running
  expect(await get(port, '/', { host: 'evil.example' })).toMatchObject({ status: 421 })
  expect(await get(port, '/', { origin: 'http://evil.example' })).toMatchObject({ status: 403 })
  expect(await get(port, '/', {}, 'POST')).toMatchObject({ status: 405 })
  expect(await get(port, '/', {}, 'HEAD')).toMatchObject({ status: 200, text: '' })
})

test('a token is asked for, and goes from the address into a cookie', async () => {
  const { app, port } = await startConsole([], { env: { SOCKYARD_TOKEN: TOKEN } })
  await using _ = app
  expect(await get(port, '/')).toMatchObject({ status: 401 })
  const { status, headers } = await get(port, `/?token=${TOKEN}`)
  expect({ status, location: headers['location'] }).toEqual({ status: 303, location: '/' })
  const cookie = String(headers['set-cookie'])
  expect(cookie).toContain('HttpOnly; SameSite=Strict')
  expect(await get(port, '/', { cookie: cookie.split(';')[0] ?? '' })).toMatchObject({
    status: 200,
  })
  expect(app.stdout).not.toContain(TOKEN)
})

test.each([
  [['--host', '::'], 'console: --host ::: requires --token, for it is not on loopback\n'],
  [['--token', 'short'], 'console: --token short: must have 16 characters or more\n'],
])('%j is refused in one line', async (args, message) => {
  const { code, stderr } = await runApp('console', ['--port', '0', ...args])
  expect({ code, stderr }).toEqual({ code: 2, stderr: message })
})
