import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { now } from '@sockyard/net/clock'
import {
  sntpObserveEvent,
  type SntpObserveEvent,
  sntpObserveLine,
} from '@sockyard/protocol/results'
import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { broadcastAt, KEY_LINE, signedAt } from '../packets.testing.ts'
import { BROADCAST, honestReply, Peer, startListener } from '../peers.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

let folder = ''
let keyFile = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sntp-listener-'))
  keyFile = join(folder, 'keys')
  await writeFile(keyFile, KEY_LINE)
})
afterAll(() => rm(folder, { recursive: true }))

type DataOf<Name extends SntpObserveEvent['event']> = Extract<
  SntpObserveEvent,
  { event: Name }
>['data']

/** Everything that was reported so far; each must be as docs/schemas say. */
function reported(app: RunningApp): SntpObserveEvent[] {
  return app.lines.filter((line) => 'event' in line).map((line) => sntpObserveEvent.parse(line))
}

function samples(app: RunningApp): DataOf<'sample'>[] {
  return reported(app).flatMap((each) => (each.event === 'sample' ? [each.data] : []))
}

/** One machine has one clock, so that every offset should be zero. */
function isWithinUncertainty({ offsetMicros, uncertaintyMicros }: DataOf<'sample'>): boolean {
  return Math.abs(offsetMicros ?? 0) <= (uncertaintyMicros ?? 0)
}

/** How many datagrams were decided on. */
async function verdicts(app: RunningApp): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  const counts = (await response.text()).matchAll(/^sockyard_sntp_verdicts_total{.*} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Stops the listener, and gives its last word. */
async function endOf(app: RunningApp): Promise<DataOf<'end'>> {
  app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 0, signal: null })
  // Every line, also those that are no results.
  for (const line of app.lines) sntpObserveLine.parse(line)
  const last = reported(app).at(-1)
  if (last?.event !== 'end') throw new Error('no end')
  return last.data
}

/** Broadcasts at an interval until told to stop. */
async function keepBroadcasting(signal: AbortSignal, send: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await send()
    await sleep(100, undefined, { signal }).catch(() => undefined)
  }
}

describe('a server on this machine', () => {
  it('is observed to be right, within the uncertainty, by broadcast and multicast', async () => {
    await using listener = await startListener('--keys', keyFile, '--key', '1')
    const where = [
      '--host',
      '127.0.0.1',
      '--port',
      String(listener.port),
      '--interface',
      '127.0.0.1',
    ]
    const what = ['--group', '224.0.1.1', '--broadcast', BROADCAST, '--interval', '300ms']
    const keys = ['--keys', keyFile, '--key', '1', '--stratum', '10']
    await using _server = await startApp('sntp-server', [...where, ...what, ...keys])
    await vi.waitUntil(() => samples(listener.app).length >= 16, { timeout: 15_000 })
    const end = await endOf(listener.app)
    const accepted = samples(listener.app).filter(({ outcome }) => outcome === 'accepted')
    for (const sample of accepted)
      expect(sample).toMatchObject({ stratum: 10, reference: '127.127.1.1' })
    expect(accepted.filter(({ offsetMicros }) => offsetMicros !== null).length).toBeGreaterThan(5)
    expect(accepted.filter((sample) => !isWithinUncertainty(sample))).toEqual([])
    // A multicast and a broadcast of one moment may be read in the other order.
    for (const { reason } of samples(listener.app)) expect([null, 'replayed']).toContain(reason)
    expect(end.sources).toMatchObject([
      { source: '127.0.0.1', sourcePort: listener.port, state: 'heard' },
    ])
    expect(end.sources[0]?.delayMicros).not.toBeNull()
    expect(end.requests.sent).toBeGreaterThanOrEqual(4)
    expect(end.malformed).toBe(0)
  })
})

describe('forgeries', () => {
  it('are refused whole and all that is real is kept, with a key, in a flood', async () => {
    await using listener = await startListener('--keys', keyFile, '--key', '1', '--no-exchange')
    using real = await Peer.open()
    using forger = await Peer.open(undefined, '127.0.0.66')
    const recorded: Uint8Array[] = []
    const forgeries = (at: bigint): Uint8Array[] => [
      broadcastAt(at),
      broadcastAt(at + 50_000_000n),
      broadcastAt(at, { mac: { keyId: 1, digest: new Uint8Array(16) } }),
      broadcastAt(at, { mac: { keyId: 2, digest: new Uint8Array(16) } }),
      signedAt(at - 7_200_000_000_000n),
      new Uint8Array(48).fill(0xff),
      new Uint8Array(7),
      ...recorded.slice(-1),
    ]
    let sent = 0
    for (let round = 0; round < 50; round += 1) {
      for (let repeat = 0; repeat < 5; repeat += 1)
        for (const bytes of forgeries(now()))
          for (const peer of round === 0 ? [forger] : [forger, real]) {
            // From elsewhere, what was recorded a moment ago is the first broadcast of a new source.
            if (peer === forger && recorded.includes(bytes)) continue
            await peer.broadcast(bytes, listener.port)
            sent += 1
          }
      const bytes = signedAt(now())
      await real.broadcast(bytes, listener.port)
      recorded.push(bytes)
      // The kernel may be allowed to keep 256 datagrams only.
      await vi.waitUntil(async () => (await verdicts(listener.app)) === sent + round + 1)
    }
    const end = await endOf(listener.app)
    expect(end.received).toBe(50)
    expect(end.sources).toMatchObject([{ source: '127.0.0.1', accepted: 50 }])
    expect(listener.app.stdout).toContain(`50 accepted, ${sent} rejected`)
    expect(
      samples(listener.app).filter(({ outcome }) => outcome === 'rejected').length,
    ).toBeLessThan(200)
  })

  it('without a key cannot move a source by more than the step', async () => {
    await using listener = await startListener('--no-exchange')
    using real = await Peer.open()
    for (let round = 0; round < 20; round += 1) {
      await real.broadcast(broadcastAt(now()), listener.port)
      await real.broadcast(broadcastAt(now() + 3_600_000_000_000n), listener.port)
      await real.broadcast(broadcastAt(now() - 3_600_000_000_000n), listener.port)
    }
    const end = await endOf(listener.app)
    expect(end).toMatchObject({
      received: 20,
      sources: [{ rejections: { step: 20, replayed: 20 } }],
    })
  })

  it('from denied addresses are not even read', async () => {
    await using listener = await startListener('--deny', '127.0.0.1')
    using peer = await Peer.open()
    await peer.broadcast(broadcastAt(now()), listener.port)
    const line = await listener.app.waitForLog(({ event }) => event === 'sample')
    expect(line['data']).toMatchObject({ outcome: 'rejected', reason: 'denied', stratum: null })
  })
})

describe('a source', () => {
  it('that appears and goes silent is logged', async () => {
    await using listener = await startListener('--silent-after', '2')
    using peer = await Peer.open()
    await peer.broadcast(broadcastAt(now()), listener.port)
    await listener.app.waitForLog(({ msg }) => msg === 'source appeared')
    await listener.app.waitForLog(({ msg }) => msg === 'source silent')
    const { sources } = await endOf(listener.app)
    expect(sources).toMatchObject([{ state: 'silent', accepted: 1 }])
  })

  it('that steps is accepted when an exchange confirms it', async () => {
    await using listener = await startListener()
    let ahead = 0n
    using peer = await Peer.open((request, at) => [honestReply(request, at, {}, ahead)])
    const stop = new AbortController()
    const broadcasting = keepBroadcasting(stop.signal, () =>
      peer.broadcast(broadcastAt(now() + ahead), listener.port),
    )
    await vi.waitUntil(() => samples(listener.app).length >= 5, { timeout: 10_000 })
    ahead = 10_000_000_000n
    const line = await listener.app.waitForLog(({ msg }) => msg === 'source stepped')
    expect(Number(line['stepMicros']) / 1e6).toBeCloseTo(10, 0)
    stop.abort()
    await broadcasting
    const { sources } = await endOf(listener.app)
    expect((sources[0]?.offsetMicros ?? 0) / 1e6).toBeCloseTo(10, 0)
  })

  it('that steps and does not answer is logged, and not accepted', async () => {
    await using listener = await startListener()
    using peer = await Peer.open()
    let ahead = 0n
    const stop = new AbortController()
    const broadcasting = keepBroadcasting(stop.signal, () =>
      peer.broadcast(broadcastAt(now() + ahead), listener.port),
    )
    await vi.waitUntil(() => samples(listener.app).length >= 5, { timeout: 10_000 })
    ahead = 10_000_000_000n
    await listener.app.waitForLog(({ msg }) => msg === 'step of a source not confirmed')
    stop.abort()
    await broadcasting
    const { sources } = await endOf(listener.app)
    expect(sources[0]?.state).toBe('stepped')
    expect(Math.abs(sources[0]?.offsetMicros ?? Infinity)).toBeLessThan(1e6)
  })

  it('stands in the metrics', async () => {
    await using listener = await startListener('--no-exchange')
    using peer = await Peer.open()
    await peer.broadcast(broadcastAt(now()), listener.port)
    await peer.broadcast(new Uint8Array(5), listener.port)
    await listener.app.waitForLog(({ msg }) => String(msg).endsWith('malformed'))
    const response = await fetch(`http://127.0.0.1:${await listener.app.adminPort()}/metrics`)
    const text = await response.text()
    expect(text).toContain('sockyard_sntp_verdicts_total{verdict="accepted"} 1\n')
    expect(text).toContain('sockyard_sntp_verdicts_total{verdict="malformed"} 1\n')
    expect(text).toContain('sockyard_sntp_stratum{source="127.0.0.1"} 2\n')
  })
})

describe.runIf(canMakeNamespaces())('a listener without options but a port', () => {
  it.each(['native', 'node'])(
    'hears the groups of NTP, that of the link too (%s)',
    async (engine) => {
      using hosts = twoHosts('sockyard-sl-link')
      const where = ['--port', '1123', '--engine', engine, '--no-exchange']
      await using app = await startApp('sntp-listener', where, { namespace: hosts.host })
      await app.waitForLog(({ event }) => event === 'start')
      const groups = app.lines.filter((line) => line['interface'] === 'eth0' && 'group' in line)
      expect(groups.map(({ group }) => group)).toEqual(['224.0.1.1', 'ff02::101', 'ff05::101'])
      const sending = `
      const socket = require('node:dgram').createSocket('udp6').bind(0, () => {
        socket.setMulticastInterface('::%eth0')
        socket.send('not NTP', 1123, 'ff02::101%eth0', () => socket.close())
      })`
      const send = ['netns', 'exec', hosts.peer, process.execPath, '-e', sending]
      expect(spawnSync('ip', send)).toMatchObject({ status: 0 })
      await app.waitForLog(({ event }) => event === 'sample')
      expect(samples(app)).toMatchObject([
        { source: expect.stringMatching(/^fe80::.*%eth0$/), reason: 'malformed' },
      ])
    },
  )
})
