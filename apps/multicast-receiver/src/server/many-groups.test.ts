import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

import { metric } from './peer.testing.ts'

vi.setConfig({ testTimeout: 120_000 })

const PATIENCE = 60_000
const GROUPS = Array.from({ length: 300 }, (_, index) => [
  '--group',
  `239.255.${100 + Math.floor(index / 200)}.${(index % 200) + 1}`,
]).flat()
/** Long enough for several looks at the kernel's memberships and drops. */
const IDLE_MILLIS = 5_000

/** A receiver that has joined them all, and what it logs of nothing being sent is once for each group. */
async function receiving(engine: string): Promise<RunningApp> {
  const app = await startApp('multicast-receiver', ['-I', 'lo', '--engine', engine, ...GROUPS])
  const joined = (): number => app.lines.filter(({ msg }) => msg === 'joined').length
  await expect.poll(joined, { timeout: PATIENCE }).toBe(300)
  await app.waitForLog(({ msg }) => msg === 'silent')
  return app
}

async function cpuSeconds(app: RunningApp): Promise<number> {
  const before = await metric(app, 'process_cpu_seconds_total')
  await new Promise((resolve) => setTimeout(resolve, IDLE_MILLIS))
  return (await metric(app, 'process_cpu_seconds_total')) - before
}

it('300 idle groups cost the node engine little more than the native one, and both end when told', async () => {
  await using native = await receiving('native')
  await using node = await receiving('node')
  const [least, most] = await Promise.all([cpuSeconds(native), cpuSeconds(node)])
  // It once read /proc for each group, a hundred times the work.
  expect(most / least).toBeLessThan(15)
  for (const app of [native, node]) {
    app.kill('SIGTERM')
    expect(await app.exited).toEqual({ code: 0, signal: null })
  }
})
