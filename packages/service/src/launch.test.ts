import { readFileSync } from 'node:fs'

import { startApp } from '@sockyard/testkit/start-app'
import { expect, test } from 'vitest'

const GREETER = 'packages/service/src/example/main.ts'
const ARGUMENTS = ['--host', '127.0.0.1', '--port', '0']

/** VmRSS in /proc/PID/status (proc(5)), in bytes. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])
}

/** Starts it, and stops it once clients can be served. */
async function holds(): Promise<number> {
  await using app = await startApp(GREETER, ARGUMENTS)
  await app.listening()
  const held = residentBytes(app.pid)
  app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 0, signal: null })
  return held
}

test('a service that was started before holds at most 80 MB', async () => {
  await holds()
  expect(await holds()).toBeLessThan(80e6)
})

test('where nothing can be kept for the next start, this one is as good and says nothing of it', async () => {
  const env = { NODE_COMPILE_CACHE: '/dev/null/nowhere' }
  await using app = await startApp(GREETER, ARGUMENTS, { env })
  await app.listening()
  app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 0, signal: null })
  expect(app.stderr).toBe('')
})
