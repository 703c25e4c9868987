import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { canMakeNamespaces, Forger, udpRelay } from '@sockyard/testkit/network'
import { startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const LOOPBACK = '127.0.0.1'
const INETD = join(tmpdir(), `sockyard-loops-${process.pid}.conf`)
const PATH_MILLIS = 3

// Needs root, as CI has it in its container.
describe.runIf(canMakeNamespaces())('one forged datagram between two echo services', () => {
  it.each([
    { engine: 'native', other: 'udp-echo' },
    { engine: 'node', other: 'udp-echo' },
    { engine: 'native', other: 'inetd' },
    { engine: 'node', other: 'inetd' },
  ])(
    'at free ports, udp-echo and $other with --engine $engine, soon goes round no more',
    async ({ engine, other }) => {
      await using one = await startApp('udp-echo', [...HERE, '--engine', engine])
      await using two = await startOther(other, engine)
      const target = { address: LOOPBACK, port: (await two.listening('udp')).port }
      await using relay = await udpRelay({ target, delayMillis: PATH_MILLIS })
      using forger = new Forger('IPv4')
      forger.send({
        from: { address: LOOPBACK, port: (await one.listening('udp')).port },
        to: relay,
        payload: Buffer.from('endless'),
      })
      await expect.poll(() => relay.toTarget.passed).toBeGreaterThan(50)
      await Promise.any([one, two].map((app) => app.waitForLog(({ reason }) => reason === 'loop')))
      // What was on its way arrives.
      await delay(500)
      const { passed } = relay.toTarget
      await delay(1_000)
      expect(relay.toTarget.passed).toBe(passed)
    },
  )
})

const HERE = ['--host', LOOPBACK, '--port', '0']

async function startOther(name: string, engine: string) {
  if (name !== 'inetd') return startApp(name, [...HERE, '--engine', engine])
  const port = 40_000 + Math.floor(Math.random() * 20_000)
  await writeFile(INETD, `${LOOPBACK}:${port} dgram udp4 wait - internal echo\n`)
  return startApp('inetd', ['--config', INETD, '--engine', engine])
}
