import { readFileSync } from 'node:fs'

import { randomGroup } from '@sockyard/testkit/network'
import { runApp, type RunningApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import {
  datagram,
  endOf,
  metric,
  peerOf,
  PORT,
  shown,
  startReceiver,
  eventsOf,
} from './peer.testing.ts'

vi.setConfig({ testTimeout: 60_000 })

/** What fits a receive buffer of 4 MiB, where the kernel gives one (socket(7), net.core.rmem_max). */
const BURST =
  Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8')) < 4 * 1024 * 1024 ? 200 : 2_000

/** More of 1,400 B than a receive buffer of 4 MiB has room for. */
const OVERFLOW = 6_000

function heard(receiver: RunningApp): number {
  return eventsOf(receiver, 'interval').reduce((sum, { received }) => sum + received, 0)
}

function logged(app: RunningApp, message: string): RunningApp['lines'] {
  return app.lines.filter(({ msg }) => msg === message)
}

describe.each(['native', 'node'] as const)('--engine %s', (engine) => {
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
        expect(samples.map(({ sequence }) => sequence)).toEqual(
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

    it('receives only the given source, in a source-specific group', async () => {
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

    it('receives several groups, and distinguishes them', async () => {
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

    it('reports the interface and, where the engine knows it, the TTL of each', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group)
      const sending = ['-I', 'lo', '-g', group, '-c', '1', '-t', '7']
      expect(await runApp('multicast-sender', sending)).toMatchObject({ code: 0 })
      const [sample] = await shown(receiver, 1)
      const known =
        engine === 'native' ? { ttl: 7, kernelDrops: 0 } : { ttl: null, kernelDrops: null }
      expect(sample).toMatchObject({ interface: 'lo', ...known })
    })

    it('logs its memberships as the kernel reports them, and leaves them at the end', async () => {
      const group = randomGroup()
      await using one = await start('-g', group)
      await using other = await start('-g', group)
      const joined = { group, interface: 'lo', index: 1, multicastAll: engine === 'node' }
      for (const receiver of [one, other])
        await receiver.waitForLog(({ event }) => event === 'start')
      expect(eventsOf(one, 'start')).toMatchObject([
        { engine, joined: [{ ...joined, members: 1 }] },
      ])
      expect(eventsOf(other, 'start')).toMatchObject([{ joined: [{ ...joined, members: 2 }] }])
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
      await receiver.waitForLog(() => eventsOf(receiver, 'interval').some(({ lost }) => lost > 0))
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
      expect(eventsOf(receiver, 'sample')).toEqual([])
    })
  })

  describe('a run', () => {
    it('exits with 0 after --count datagrams', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group, '-c', '2', '-w', '1m')
      using peer = await peerOf(group)
      await peer.number(1, 0, 1, 2)
      expect(await receiver.exited).toEqual({ code: 0, signal: null })
      expect(eventsOf(receiver, 'end')).toMatchObject([{ received: 2 }])
    })

    it('exits with 1 and an error when the deadline comes before the count', async () => {
      const { code, stdout, stderr } = await runApp('multicast-receiver', [
        '--engine',
        engine,
        '-I',
        '127.0.0.1',
        '-g',
        randomGroup(),
        '-c',
        '2',
        '-w',
        '300ms',
      ])
      expect(stderr).toBe('multicast-receiver: received 0 of 2 datagrams in 300 ms\n')
      expect(stdout).toContain('"errorClass":"TIMEOUT"')
      expect(code).toBe(1)
    })

    it('without a count ends with 0 at the deadline if something came', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group, '-w', '2s')
      using peer = await peerOf(group)
      await peer.number(1, 0)
      expect(await receiver.exited).toEqual({ code: 0, signal: null })
    })

    it('without a count ends with 1 at the deadline if nothing came', async () => {
      const args = ['--engine', engine, '-I', '127.0.0.1', '-g', randomGroup(), '-w', '100ms']
      const { code, stderr } = await runApp('multicast-receiver', args)
      expect(stderr).toBe('multicast-receiver: received no datagram in 100 ms\n')
      expect(code).toBe(1)
    })

    it('that is stopped before the count ends with 1', async () => {
      const group = randomGroup()
      await using receiver = await start('-g', group, '-c', '5')
      using peer = await peerOf(group)
      await peer.number(1, 0)
      await shown(receiver, 1)
      receiver.kill('SIGTERM')
      expect(await receiver.exited).toEqual({ code: 1, signal: null })
      expect(receiver.stderr).toContain('received 1 of 5 datagrams before it was stopped')
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

it('loss is exported for each sender', async () => {
  const group = randomGroup()
  await using receiver = await startReceiver('-g', group)
  using peer = await peerOf(group)
  await peer.number(1, 0, 1, 4)
  await peer.number(2, 0, 1)
  await shown(receiver, 5)
  const of = async (sender: number): Promise<number[]> => {
    const labels = `{group="${group}",source="127.0.0.1",sender="${sender}"}`
    const name = (kind: string): string => `sockyard_multicast_sender_${kind}_total${labels}`
    return [await metric(receiver, name('received')), await metric(receiver, name('lost'))]
  }
  expect([await of(1), await of(2)]).toEqual([
    [3, 2],
    [2, 0],
  ])
})

describe('silence', () => {
  it('of a group without any datagram is logged once, and its end too', async () => {
    const group = randomGroup()
    await using receiver = await startReceiver('-g', group, '--silent-after', '200ms')
    await receiver.waitForLog(({ msg }) => msg === 'silent')
    using peer = await peerOf(group)
    await peer.number(1, 0)
    await receiver.waitForLog(({ msg }) => msg === 'heard again')
    const facts = { group, port: PORT, source: null, sender: null }
    expect(logged(receiver, 'silent')).toMatchObject([facts])
    expect(logged(receiver, 'heard again')).toMatchObject([facts])
  })

  it('of one sender is logged, and its end too, while another one continues', async () => {
    const group = randomGroup()
    await using receiver = await startReceiver('-g', group, '--silent-after', '500ms', '-q')
    using peer = await peerOf(group)
    const other = setInterval(() => void peer.number(2, 0), 50)
    await peer.number(1, 0)
    await receiver.waitForLog(({ msg, sender }) => msg === 'silent' && sender === 1)
    await peer.number(1, 1)
    await receiver.waitForLog(({ msg, sender }) => msg === 'heard again' && sender === 1)
    clearInterval(other)
    const [line] = logged(receiver, 'heard again')
    expect(line).toMatchObject({ group, port: PORT, source: '127.0.0.1', sender: 1 })
    expect(line?.['silentMillis']).toBeGreaterThan(500)
    const last = 'sockyard_multicast_last_received_timestamp_seconds'
    const labels = `{group="${group}",source="127.0.0.1",sender="1"}`
    expect(await metric(receiver, last + labels)).toBeGreaterThan(1_700_000_000)
  })
})

describe('bad input', () => {
  it.each([
    [['--nosuch'], 'unknown option --nosuch; --help lists the options'],
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
    [['--source', 'sender'], '--source sender: must be the address of a sender'],
    [['-I', 'any', '-I', 'lo'], '--interface any,lo: any and all stand alone'],
    [['-c', '0'], '--count 0: must be 1 or more'],
    [
      ['-w', 'soon'],
      '--deadline soon: must be seconds, or a duration such as 200ms, 5s, 2m or 1h, 1ms to 596h',
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

  it('more sources than the kernel takes end with 2, with --check too', async () => {
    const most = Number(readFileSync('/proc/sys/net/ipv4/igmp_max_msf', 'utf8'))
    const sources = Array.from({ length: most + 1 }, (_, index) => `10.9.9.${index + 1}`).join(',')
    const args = ['-g', '232.1.1.1', '--source', sources, '--check']
    const { code, stderr } = await runApp('multicast-receiver', args)
    expect(stderr).toContain(`: must be at most ${most} (net.ipv4.igmp_max_msf)`)
    expect(code).toBe(2)
  })

  it('a source whose zone is no interface ends with 2, with --check too', async () => {
    for (const check of [[], ['--check']]) {
      const args = ['-g', 'ff32::8000:7', '--source', 'fe80::1%nosuch0', ...check]
      const { code, stderr } = await runApp('multicast-receiver', args)
      expect(stderr).toMatch(
        /^multicast-receiver: --source fe80::1%nosuch0: no such interface; there are .*\n$/,
      )
      expect(code).toBe(2)
    }
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

  it('--check reports a valid configuration', async () => {
    const { code, stdout } = await runApp('multicast-receiver', ['--check', '-I', 'all'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'multicast-receiver: the configuration is valid\n',
    })
  })
})
