import { readFileSync } from 'node:fs'

import { randomGroup } from '@sockyard/testkit/random-group'
import { runApp } from '@sockyard/testkit/run-app'
import type { RunningApp } from '@sockyard/testkit/running-app'
import { describe, expect, it, vi } from 'vitest'

import {
  datagram,
  endOf,
  metric,
  peerOf,
  PORT,
  shown,
  startReceiver,
  told,
} from './peer.testing.ts'

vi.setConfig({ testTimeout: 60_000 })

/** What fits a receive buffer of 4 MiB, where the kernel gives one (socket(7), net.core.rmem_max). */
const BURST =
  Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8')) < 4 * 1024 * 1024 ? 200 : 2_000

/** More of 1,400 B than a receive buffer of 4 MiB has room for. */
const OVERFLOW = 6_000

function heard(receiver: RunningApp): number {
  return told(receiver, 'interval').reduce((sum, { received }) => sum + received, 0)
}

describe.each(['batch', 'dgram'] as const)('--engine %s', (engine) => {
  const start = (...args: string[]): Promise<RunningApp> =>
    startReceiver('--engine', engine, ...args)

  describe('receivers on one host', () => {
    it('each get every number of a sender in order, after a plausible delay', async () => {
      const group = randomGroup()
      await using one = await start('-g', group)
      await using other = await start('-g', group)
      const sending = ['-I', '127.0.0.1', '-g', group, '-c', '15', '-i', '20ms']
      expect(await runApp('multicast-sender', sending)).toMatchObject({ code: 0, stderr: '' })
      for (const receiver of [one, other]) {
        const samples = await shown(receiver, 15)
        expect(samples.map(({ sequence }) => Number(sequence))).toEqual(
          Array.from({ length: 15 }, (_, n) => n),
        )
        const end = await endOf(receiver)
        expect(end).toMatchObject({ sent: 15, received: 15, lost: 0, duplicated: 0, reordered: 0 })
        expect(String(end.durationMillis)).toMatch(/^\d+(\.\d{1,3})?$/)
        const { min = Number.NaN, p50 = Number.NaN } = end.flows[0]?.delayMicros ?? {}
        expect(min).toBeGreaterThan(-1)
        expect(p50).toBeLessThan(1_000_000)
      }
    })
  })

  describe('a receiver', () => {
    it('gets nothing of a foreign group on the same port', async () => {
      const [own, foreign] = [randomGroup(), randomGroup()]
      await using receiver = await start('-g', own)
      await using foreigner = await start('-g', foreign)
      using peer = await peerOf(foreign)
      await peer.number(1, 0, 1, 2)
      await shown(foreigner, 3)
      using ownPeer = await peerOf(own)
      await ownPeer.number(2, 0)
      await shown(receiver, 1)
      expect(await endOf(receiver)).toMatchObject({
        received: 1,
        flows: [{ group: own, sender: 2 }],
      })
    })

    it('gets only the source it asked for, in a source-specific group', async () => {
      const group = randomGroup().replace('239.', '232.')
      await using receiver = await start('-g', group, '--source', '127.0.0.1')
      using stranger = await peerOf(group, '127.0.0.2')
      using wanted = await peerOf(group, '127.0.0.1')
      await stranger.number(2, 0, 1, 2)
      await wanted.number(1, 0)
      const [first] = await shown(receiver, 1)
      expect(first).toMatchObject({ source: '127.0.0.1', sender: 1 })
      expect(await endOf(receiver)).toMatchObject({ received: 1 })
    })

    it('gets several groups, and tells them apart', async () => {
      const groups = [randomGroup(), randomGroup()]
      await using receiver = await start('-g', groups.join(','))
      for (const group of groups) {
        using peer = await peerOf(group)
        await peer.number(7, 0, 1)
      }
      await shown(receiver, 4)
      const { flows } = await endOf(receiver)
      expect(flows.map(({ group, received }) => [group, received])).toEqual(
        groups.map((group) => [group, 2]),
      )
    })

    it('counts lost, duplicated and reordered by the numbers of each sender', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group)
      using peer = await peerOf(group)
      await peer.number(1, 0, 1, 4, 4, 6, 5, 7)
      await peer.number(2, 10, 11)
      await peer.send(Uint8Array.of(...Buffer.from('SYM'), 2, ...new Uint8Array(20)))
      await shown(receiver, 10)
      const end = await endOf(receiver)
      expect(end).toMatchObject({
        sent: 10,
        received: 8,
        lost: 2,
        duplicated: 1,
        reordered: 1,
        malformed: 1,
      })
      expect(end.flows.find(({ sender }) => sender === 1)).toMatchObject({
        received: 6,
        lost: 2,
        duplicated: 1,
        reordered: 1,
      })
      expect(end.flows.find(({ sender }) => sender === 2)).toMatchObject({ received: 2, lost: 0 })
    })

    it('shows plain datagrams as safe text, or as length and hex', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group)
      using peer = await peerOf(group)
      await peer.send('bonjour les amis\n')
      await peer.send('\u001B[2J\u202Eevil\u2028')
      await peer.send('')
      await peer.send(datagram(1, 0, 'grüezi'))
      const texts = (await shown(receiver, 4)).map(({ text }) => text)
      expect(texts).toEqual([
        'bonjour les amis',
        expect.stringMatching(/^14 B 1b5b324ae280ae65/),
        '0 B',
        'grüezi',
      ])
      expect(await endOf(receiver)).toMatchObject({ received: 4, lost: 0 })
    })

    it('tells the interface and, as far as the engine knows it, the TTL of each', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group)
      const sending = ['-I', 'lo', '-g', group, '-c', '1', '-t', '7']
      expect(await runApp('multicast-sender', sending)).toMatchObject({ code: 0 })
      const [sample] = await shown(receiver, 1)
      const known =
        engine === 'batch' ? { ttl: 7, kernelDrops: 0 } : { ttl: null, kernelDrops: null }
      expect(sample).toMatchObject({ interface: 'lo', ...known })
    })

    it('tells its memberships as the kernel has them, and leaves them at the end', async () => {
      const group = randomGroup()
      await using one = await start('-g', group)
      await using other = await start('-g', group)
      const joined = { group, interface: 'lo', index: 1, multicastAll: engine === 'dgram' }
      for (const receiver of [one, other])
        await receiver.waitForLog(({ event }) => event === 'start')
      expect(told(one, 'start')).toMatchObject([{ engine, joined: [{ ...joined, members: 1 }] }])
      expect(told(other, 'start')).toMatchObject([{ joined: [{ ...joined, members: 2 }] }])
      const shownOptions = await fetch(`http://127.0.0.1:${await one.adminPort()}/options`)
      expect(JSON.stringify(await shownOptions.json())).toContain('"name":"IP_MULTICAST_ALL"')
      for (const [receiver, members] of [[one, 1] as const, [other, 0] as const]) {
        await endOf(receiver)
        const left = receiver.lines.find(({ msg }) => msg === 'left')
        expect(left).toMatchObject({ group, interface: 'lo', members })
      }
    })

    it('counts what the kernel dropped while it was stopped, and so do the numbers of the sender', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group, '-q')
      using peer = await peerOf(group)
      await peer.number(9, 0)
      receiver.kill('SIGSTOP')
      const payload = 'x'.repeat(1_400)
      for (let sequence = 1; sequence < OVERFLOW; sequence += 1)
        await peer.send(datagram(9, sequence, payload))
      receiver.kill('SIGCONT')
      await receiver.waitForLog(() => heard(receiver) > 1)
      // What was dropped at the end is missed when a later one comes.
      await expect
        .poll(() => metric(receiver, `sockyard_multicast_received_total{group="${group}"}`))
        .toBeGreaterThan(1)
      await peer.number(9, OVERFLOW)
      await receiver.waitForLog(() => told(receiver, 'interval').some(({ lost }) => lost > 0))
      const { received, lost, kernelDrops } = await endOf(receiver)
      expect(lost).toBeGreaterThan(0)
      expect({ sum: received + lost, kernelDrops }).toEqual({
        sum: OVERFLOW + 1,
        kernelDrops: lost,
      })
    })

    it('loses nothing of a burst while it is stopped for 500 ms', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group, '-q')
      using peer = await peerOf(group)
      receiver.kill('SIGSTOP')
      const burst = Array.from({ length: BURST }, (_, sequence) => datagram(9, sequence))
      for (const bytes of burst) await peer.send(bytes)
      await new Promise((resolve) => setTimeout(resolve, 500))
      receiver.kill('SIGCONT')
      await receiver.waitForLog(({ event }) => event === 'interval')
      await expect
        .poll(() => metric(receiver, `sockyard_multicast_received_total{group="${group}"}`))
        .toBe(BURST)
      expect(await metric(receiver, 'sockyard_udp_kernel_drops_total')).toBe(0)
      expect(await endOf(receiver)).toMatchObject({ received: BURST, lost: 0 })
      expect(told(receiver, 'sample')).toEqual([])
    })
  })

  describe('a run', () => {
    it('ends with 0 once it has what --count asked for', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group, '-c', '2', '-W', '1m')
      using peer = await peerOf(group)
      await peer.number(1, 0, 1, 2)
      expect(await receiver.exited).toEqual({ code: 0, signal: null })
      expect(told(receiver, 'end')).toMatchObject([{ received: 2 }])
    })

    it('ends with 1 and says why when the deadline comes before the count', async () => {
      const { code, stdout, stderr } = await runApp('multicast-receiver', [
        '--engine',
        engine,
        '-I',
        '127.0.0.1',
        '-g',
        randomGroup(),
        '-c',
        '2',
        '-W',
        '300ms',
      ])
      expect(stderr).toBe('multicast-receiver: received 0 of 2 datagrams in 300 ms\n')
      expect(stdout).toContain('"errorClass":"TIMEOUT"')
      expect(code).toBe(1)
    })

    it('without a count ends with 0 at the deadline', async () => {
      const args = ['--engine', engine, '-I', '127.0.0.1', '-g', randomGroup(), '-W', '100ms']
      expect(await runApp('multicast-receiver', args)).toMatchObject({ code: 0, stderr: '' })
    })

    it('ends with 0 at SIGTERM, while datagrams come', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group)
      using peer = await peerOf(group)
      await peer.number(1, 0)
      await shown(receiver, 1)
      receiver.kill('SIGTERM')
      expect(await receiver.exited).toEqual({ code: 0, signal: null })
    })
  })
})

describe('bad input', () => {
  it.each([
    [['--nosuch'], '--nosuch: unknown option (--help lists them)'],
    [['-p', '99999'], '--port 99999: must be 1 to 65535'],
    [['-p', '0'], '--port 0: must be 1 to 65535'],
    [['-g', '10.0.0.1'], '--group 10.0.0.1: must be a multicast group'],
    [['-g', 'nosuch.invalid'], '--group nosuch.invalid: must be a multicast group'],
    [['-g', '239.1.1.1,::1'], '--group ::1: must be a multicast group'],
    [['-g', '232.1.1.1'], '--group 232.1.1.1: needs a --source (RFC 4607)'],
    [
      ['-g', 'ff3e::8000:1', '--source', '10.1.1.1'],
      '--group ff3e::8000:1: needs a --source (RFC 4607)',
    ],
    [['--source', 'fd00::1'], '--source fd00::1: has no source for 239.255.43.21'],
    [['--source', '239.1.1.1'], '--source 239.1.1.1: must be the address of a sender'],
    [['--source', 'somebody'], '--source somebody: must be the address of a sender'],
    [['-I', 'any', '-I', 'lo'], '--interface any,lo: any and all stand alone'],
    [['-c', '0'], '--count 0: must be 1 or more'],
    [
      ['-W', 'soon'],
      '--deadline soon: must be a duration such as 200ms, 5s, 2m or 1h, 1ms to 596h',
    ],
    [['--max-senders', '0'], '--max-senders 0: must be 1 to 1000'],
  ])('%j ends with 2 and one line', async (args, line) => {
    const { code, stderr, stdout } = await runApp('multicast-receiver', args)
    expect({ code, stderr, stdout }).toEqual({
      code: 2,
      stderr: `multicast-receiver: ${line}\n`,
      stdout: '',
    })
  })

  it('an interface that is missing ends with 2, naming those that exist, with --check too', async () => {
    for (const check of [[], ['--check']]) {
      const { code, stderr } = await runApp('multicast-receiver', ['-I', 'nosuch0', ...check])
      expect(stderr).toMatch(
        /^multicast-receiver: --interface nosuch0: no such interface; there are .*127\.0\.0\.1.*\n$/,
      )
      expect(code).toBe(2)
    }
  })

  it('a port that another program has for itself ends with 1 and one line', async () => {
    const { createSocket } = await import('node:dgram')
    const group = randomGroup()
    const taken = createSocket('udp4').bind(PORT, group)
    await new Promise((resolve) => taken.once('listening', resolve))
    const { code, stderr } = await runApp('multicast-receiver', ['-I', 'lo', '-g', group])
    taken.close()
    expect(stderr).toBe(`multicast-receiver: ${group}:4321: the address is already in use\n`)
    expect(code).toBe(1)
  })

  it('--check says that all is well', async () => {
    const { code, stdout } = await runApp('multicast-receiver', ['--check', '-I', 'all'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'multicast-receiver: the configuration is valid\n',
    })
  })
})
