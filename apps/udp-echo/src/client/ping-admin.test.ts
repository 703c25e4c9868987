import { type RunningApp, runApp, startApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

/** Where the admin endpoint is: on standard error, because the port was picked. */
async function adminOf(app: RunningApp): Promise<(path: string) => Promise<Answer>> {
  await vi.waitFor(() => expect(app.stderr).toMatch(/ listening .*port=\d+\n/), 30_000)
  const [, port] = / port=(\d+)/.exec(app.stderr) ?? []
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, text: await response.text() }
  }
}

interface Answer {
  status: number
  text: string
}

it('a client that runs until stopped has an admin endpoint with health and metrics', async () => {
  await using server = await startApp('udp-echo', ['--port', '0', '--host', '127.0.0.1'])
  const { port } = await server.listening()
  const args = ['ping', `127.0.0.1:${port}`, '-i', '50ms', '--admin-port', '0']
  await using ping = await startApp('udp-echo', args)
  const admin = await adminOf(ping)
  await vi.waitFor(async () => expect((await admin('/readyz')).status).toBe(200), 30_000)
  const { text } = await admin('/metrics')
  expect(text).toMatch(/^sockyard_requests_total\{outcome="received"\} [1-9]/m)
  expect(text).toMatch(/^sockyard_requests_total\{outcome="lost"\} 0$/m)
  expect(text).toMatch(/^sockyard_round_trip_seconds_bucket\{le="\+Inf"\} [1-9]/m)
  server.kill('SIGKILL')
  await vi.waitFor(async () => expect((await admin('/readyz')).status).toBe(503), 30_000)
  ping.kill('SIGINT')
  expect((await ping.exited).signal).toBeNull()
})

it('a run with an end of its own has none', async () => {
  await using server = await startApp('udp-echo', ['--port', '0', '--host', '127.0.0.1'])
  const { port } = await server.listening()
  const args = ['ping', `127.0.0.1:${port}`, '-c', '1', '--admin-port', '1']
  expect((await runApp('udp-echo', args)).code).toBe(0)
})
