import { runApp } from '@sockyard/testkit/run-app'
import { startApp } from '@sockyard/testkit/start-app'
import { expect, test } from 'vitest'

const AWKWARD = 'packages/service/src/fixtures/awkward.ts'
const HEALTHCHECK = 'packages/service/src/healthcheck.ts'

async function health(environment: Record<string, string>): Promise<number | null> {
  const { code, stdout, stderr } = await runApp(HEALTHCHECK, [], { env: environment })
  expect(stdout + stderr).toBe('')
  return code
}

test.each(['127.0.0.1', '::1', '::'])('a ready service on %s is healthy', async (host) => {
  await using app = await startApp(AWKWARD, ['--admin-host', host])
  await app.waitForLog(({ event }) => event === 'start')
  const port = String(await app.adminPort())
  expect(await health({ ADMIN_HOST: host, ADMIN_PORT: port })).toBe(0)
})

test('a service that is not ready, and none at all, are not healthy', async () => {
  await using app = await startApp(AWKWARD, ['--behaviour', 'slow-start'])
  expect(await health({ ADMIN_PORT: String(await app.adminPort()) })).toBe(1)
  expect(await health({ ADMIN_PORT: '1' })).toBe(1)
  expect(await health({ ADMIN_PORT: 'rubbish' })).toBe(1)
})
