import { startApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 60_000 })

const PATIENCE = 30_000

it('a query without an end exports round trips and losses, and whether the server answers', async () => {
  const here = ['--host', '127.0.0.1', '--port', '0', '--stratum', '3', '--rate-limit', '0']
  await using server = await startApp('sntp-server', here)
  const { port } = await server.listening()
  const endless = ['--count', '0', '--interval', '50ms', '--wait', '200ms', '--admin-port', '0']
  await using query = await startApp('sntp-listener', ['query', `127.0.0.1:${port}`, ...endless])
  await vi.waitFor(() => expect(query.stderr).toMatch(/ listening .*port=\d+\n/), PATIENCE)
  const url = `http://127.0.0.1:${/ port=(\d+)/.exec(query.stderr)?.[1]}`
  const ready = async (): Promise<number> => (await fetch(`${url}/readyz`)).status
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()

  await expect.poll(ready, { timeout: PATIENCE }).toBe(200)
  const answered = await metrics()
  expect(answered).toMatch(/^sockyard_requests_total\{outcome="received"\} [1-9]/m)
  expect(answered).toMatch(/^sockyard_requests_total\{outcome="lost"\} 0$/m)
  expect(answered).toMatch(/^sockyard_round_trip_seconds_bucket\{le="\+Inf"\} [1-9]/m)

  server.kill('SIGKILL')
  await expect.poll(ready, { timeout: PATIENCE }).toBe(503)
  expect(await metrics()).toMatch(/^sockyard_requests_total\{outcome="lost"\} [1-9]/m)
  query.kill('SIGINT')
  expect(await query.exited).toEqual({ code: 0, signal: null })
})
