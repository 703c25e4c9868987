import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

import { startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

const AWKWARD = 'packages/service/src/fixtures/awkward.ts'
const healthcheck = fileURLToPath(new URL('../../bin/healthcheck', import.meta.url))

/** Its exit code; it must write nothing. */
async function health(environment: Record<string, string>): Promise<number | null> {
  const check = spawn(healthcheck, { env: { ...process.env, ...environment } })
  const output: Buffer[] = []
  for (const stream of [check.stdout, check.stderr]) stream.on('data', (data) => output.push(data))
  const [code] = await once(check, 'close')
  expect(String(Buffer.concat(output))).toBe('')
  return code
}

test.each(['127.0.0.1', '::1', '::'])('a ready service on %s is healthy', async (host) => {
  await using app = await startApp(AWKWARD, ['--admin-host', host])
  await app.waitForLog(({ event }) => event === 'start')
  const port = String(await app.adminPort())
  expect(await health({ SOCKYARD_ADMIN_HOST: host, SOCKYARD_ADMIN_PORT: port })).toBe(0)
})

test('a service that is not ready, and none at all, are not healthy', async () => {
  await using app = await startApp(AWKWARD, ['--behaviour', 'slow-start'])
  expect(await health({ SOCKYARD_ADMIN_PORT: String(await app.adminPort()) })).toBe(1)
  expect(await health({ SOCKYARD_ADMIN_PORT: '1' })).toBe(1)
  expect(await health({ SOCKYARD_ADMIN_PORT: 'rubbish' })).toBe(1)
  expect(await health({ SOCKYARD_ADMIN_PORT: '' })).toBe(1)
})

test('a service that accepts and never answers is not healthy', async () => {
  await using silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  expect(await health({ SOCKYARD_ADMIN_PORT: String(port) })).not.toBe(0)
})
