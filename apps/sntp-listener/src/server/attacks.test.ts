// Forgeries from another host, with the address of the real server and of thousands that are not there.
import { sntpObserveEvent } from '@sockyard/protocol/results'
import { runAttack } from '@sockyard/testkit/attacks'
import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const REAL = '10.77.0.2'
const PATIENCE = { timeout: 60_000 }
const SECONDS = 5
/** What forgeries are further away than, and no two clocks of one machine are. */
const FAR_MICROS = 500_000

const startListener = (hosts: TwoHosts): Promise<RunningApp> =>
  startApp('sntp-listener', ['--json'], { namespace: hosts.host })

const startServer = (hosts: TwoHosts): Promise<RunningApp> =>
  startApp('sntp-server', ['--stratum', '2', '--group', '224.0.1.1', '--interval', '500ms'], {
    namespace: hosts.peer,
  })

/** The broadcasts with the address of the real server that were believed. */
function believed({ lines }: RunningApp) {
  return lines
    .filter((line) => 'event' in line)
    .map((line) => sntpObserveEvent.parse(line))
    .flatMap((each) => (each.event === 'sample' ? [each.data] : []))
    .filter(({ source, outcome }) => source === REAL && outcome === 'accepted')
}

/** So many more broadcasts are believed, and none is far from the truth. */
async function staysRight(listener: RunningApp, more: number): Promise<void> {
  const before = believed(listener).length
  await expect.poll(() => believed(listener).length - before, PATIENCE).toBeGreaterThanOrEqual(more)
  const far = believed(listener).filter(
    ({ offsetMicros }) => Math.abs(offsetMicros ?? 0) > FAR_MICROS,
  )
  expect(far).toEqual([])
}

// Needs root, as CI has it in its container.
describe.runIf(canMakeNamespaces())('a source that answers exchanges', () => {
  it('is not walked away from by forgeries, each 0.9 s further ahead, nor hidden by them', async () => {
    using hosts = twoHosts('sockyard-ratchet')
    await using listener = await startListener(hosts)
    await listener.waitForLog(({ msg }) => msg === 'listening')
    await using _server = await startServer(hosts)
    await expect
      .poll(
        () => believed(listener).filter(({ delayMicros }) => delayMicros !== null).length,
        PATIENCE,
      )
      .toBeGreaterThan(2)
    const target = { address: '10.77.0.1', port: 123 }
    const [counts] = await Promise.all([
      runAttack(hosts.peer, 'ratchet', target, SECONDS),
      staysRight(listener, 3),
    ])
    expect(counts['sent']).toBeGreaterThan(SECONDS)
    await staysRight(listener, 3)
  })

  it('remains trusted despite unsolicited answers and kisses of death', async () => {
    using hosts = twoHosts('sockyard-unasked')
    await using listener = await startListener(hosts)
    await listener.waitForLog(({ msg }) => msg === 'listening')
    await using _server = await startServer(hosts)
    const target = { address: '10.77.0.1', port: 123 }
    await Promise.all([
      runAttack(hosts.peer, 'unaskedReplies', target, SECONDS),
      staysRight(listener, 3),
    ])
    await expect
      .poll(
        () => believed(listener).filter(({ delayMicros }) => delayMicros !== null).length,
        PATIENCE,
      )
      .toBeGreaterThan(2)
    await staysRight(listener, 3)
  })

  it('enters a table that 2,500 forged sources fill, and stays', async () => {
    using hosts = twoHosts('sockyard-sources')
    await using listener = await startListener(hosts)
    await listener.waitForLog(({ msg }) => msg === 'listening')
    const target = { address: '10.77.0.1', port: 123 }
    await runAttack(hosts.peer, 'manyBroadcasters', target, SECONDS)
    await using _server = await startServer(hosts)
    await staysRight(listener, 3)
    await Promise.all([
      runAttack(hosts.peer, 'manyBroadcasters', target, SECONDS),
      staysRight(listener, 3),
    ])
    listener.kill('SIGTERM')
    expect(await listener.exited).toEqual({ code: 0, signal: null })
  })
})
