import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { randomGroup, withoutIpv6 } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { listenTo, numbers, told } from './peer.testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const SENDER = 'multicast-sender'
const LOOPBACK = ['-I', '127.0.0.1']

describe.each(['native', 'node'] as const)('datagrams, --engine %s', (engine) => {
  const BY_ENGINE = [...LOOPBACK, '--engine', engine]

  it('go to each of several groups, numbered from 0, in the given size and number', async () => {
    const groups = [randomGroup(), randomGroup()]
    const listeners = await Promise.all(groups.map(listenTo))
    const args = [...BY_ENGINE, '-g', groups.join(','), '-c', '5', '-i', '20ms', '-s', '100']
    const { code, stdout, stderr } = await runApp(SENDER, args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })

    for (using listener of listeners) {
      const received = await listener.next(5)
      expect(received.map(({ sequence }) => sequence)).toEqual(numbers(5))
      expect(new Set(received.map(({ bytes, source }) => `${bytes} ${source}`))).toEqual(
        new Set(['100 127.0.0.1']),
      )
    }
    expect(told(stdout, 'start')).toMatchObject([
      {
        interface: '127.0.0.1',
        ttl: 1,
        loopback: true,
        count: 5,
        intervalMillis: 20,
        sizeBytes: 100,
      },
    ])
    expect(told(stdout, 'sample')).toHaveLength(10)
    expect(told(stdout, 'end')).toMatchObject([{ sent: 10, sentBytes: 1_000, dropped: 0 }])
  })

  it('have the time at which they were sent, and keep the rate without drift', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    const before = Temporal.Now.instant().epochNanoseconds
    const args = [...BY_ENGINE, '-g', group, '-c', '600', '--rate', '500', '-q']
    const { stdout } = await runApp(SENDER, args)
    const after = Temporal.Now.instant().epochNanoseconds
    const times = (await listener.next(600)).map(({ sentAt }) => sentAt)
    const [first = 0n, last = 0n] = [times[0], times.at(-1)]
    expect(first).toBeGreaterThan(before)
    expect(last).toBeLessThan(after)
    expect(told(stdout, 'sample')).toEqual([])
    expect(told(stdout, 'interval').length).toBeGreaterThan(0)
    const [end] = told(stdout, 'end')
    expect(end).toMatchObject({ sent: 600 })
    // 599 intervals of 2 ms from the beginning, not from the first datagram: a busy machine may hold that one up.
    expect(end?.durationMillis).toBeGreaterThan(1_190)
  })

  it('go on until SIGTERM, which ends with 0', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    await using sender = await startApp(SENDER, [...BY_ENGINE, '-g', group, '-i', '10ms'])
    await listener.next(5)
    sender.kill('SIGTERM')
    expect(await sender.exited).toEqual({ code: 0, signal: null })
    expect(told(sender.lines, 'end')).toHaveLength(1)
  })

  it.each([10, 1_000, 20_000])('at %i a second never go out before they are due', async (rate) => {
    const count = Math.ceil(rate / 4)
    const args = [...BY_ENGINE, '-g', randomGroup(), '-c', String(count), '--rate', String(rate)]
    const { stdout } = await runApp(SENDER, [...args, '-q'])
    const [end] = told(stdout, 'end')
    expect(end).toMatchObject({ sent: count, dropped: 0 })
    // A busy machine may need longer.
    expect(end?.durationMillis).toBeGreaterThan(((count - 1) / rate) * 1_000 * 0.99)
  })

  it('are sent with the given options, logged as the kernel reports them', async () => {
    const args = ['-t', '7', '--no-loopback', '-g', '239.255.43.98', '-g', 'ff15::98']
    const { stdout } = await runApp(SENDER, [...BY_ENGINE, ...args, '-c', '1'])
    const [start] = told(stdout, 'start')
    expect(start?.groups.map(({ options }) => options)).toEqual([
      { IP_MULTICAST_IF: '127.0.0.1', IP_MULTICAST_TTL: 7, IP_MULTICAST_LOOP: false },
      { IPV6_MULTICAST_IF: 1, IPV6_MULTICAST_HOPS: 7, IPV6_MULTICAST_LOOP: false },
    ])
  })

  it('that the kernel has no room for or refuses are counted, and the others numbered on', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    const args = [...BY_ENGINE, '-g', group, '-g', 'ff15::97', '-c', '100', '--rate', '1000']
    const { code, stdout } = await runApp(SENDER, args)
    expect(code).toBe(1)
    // IPv6 multicast has no route on lo.
    expect(told(stdout, 'end')).toMatchObject([{ sent: 100, dropped: 100 }])
    expect((await listener.next(100)).map(({ sequence }) => sequence)).toEqual(numbers(100))
  })

  it('go to the IPv4 group on a host without IPv6, and those of the other are dropped', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    const args = [...BY_ENGINE, '-g', 'ff15::97', '-g', group, '-c', '3', '-i', '20ms']
    const { code, stdout, stderr } = await runApp(SENDER, args, { env: withoutIpv6() })
    expect((await listener.next(3)).map(({ sequence }) => sequence)).toEqual(numbers(3))
    expect(told(stdout, 'end')).toMatchObject([{ sent: 3, dropped: 3 }])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${SENDER}: [ff15::97]:4321: address family not supported\n`,
    })
  })

  it('of a group that shares a hardware address with 224.0.0.y are warned of', async () => {
    const { stdout } = await runApp(SENDER, [...BY_ENGINE, '-g', '239.0.0.1', '-c', '1'])
    expect(stdout).toContain('"group":"239.0.0.1","msg":"maps to the hardware address of a group')
  })
})

describe('--stdin', () => {
  it('sends each line to each group, and ends with the input', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    const stdin = 'bonjour\n\nles amis'
    const { code, stdout } = await runApp(SENDER, [...LOOPBACK, '-g', group, '--stdin'], { stdin })
    expect(code).toBe(0)
    const received = await listener.next(3)
    expect(received.map(({ payload }) => String(payload))).toEqual(['bonjour', '', 'les amis'])
    expect(told(stdout, 'start')).toMatchObject([{ intervalMillis: null, sizeBytes: null }])
    expect(told(stdout, 'end')).toMatchObject([{ sent: 3, dropped: 0 }])
  })

  it('sends the lines alone with --plain, for programs that do not know the header', async () => {
    const group = randomGroup()
    const other = createSocket({ type: 'udp4', reuseAddr: true }).bind(4321, group)
    await once(other, 'listening')
    other.addMembership(group, '127.0.0.1')
    const message = once(other, 'message')
    await runApp(SENDER, [...LOOPBACK, '-g', group, '--stdin', '--plain'], { stdin: 'bonjour' })
    expect(String((await message)[0])).toBe('bonjour')
    other.close()
  })

  it('sends many lines at once without dropping one', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    const stdin = Array.from({ length: 5_000 }, (_, number) => `line ${number}\n`).join('')
    await runApp(SENDER, [...LOOPBACK, '-g', group, '--stdin', '-q'], { stdin })
    const received = await listener.next(5_000)
    expect(received.map(({ sequence }) => sequence)).toEqual(numbers(5_000))
  })

  it('ends with 0 at SIGTERM, though the input is open', async () => {
    await using sender = await startApp(SENDER, [...LOOPBACK, '-g', randomGroup(), '--stdin'])
    await sender.waitForLog(({ event }) => event === 'start')
    sender.kill('SIGTERM')
    expect(await sender.exited).toEqual({ code: 0, signal: null })
  })
})

it('a report that cannot be written ends with 1', () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const args = [...LOOPBACK, '-g', randomGroup(), '-c', '2', '-i', '10ms', '--json']
  const command = `"$0" "${main}" ${args.join(' ')} --admin-port 0 >/dev/full`
  const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath], {
    encoding: 'utf8',
  })
  expect(stderr).toContain('no space left on device')
  expect(status).toBe(1)
})

describe('bad input', () => {
  it.each([
    [['--nosuch'], 'unknown option --nosuch; --help lists the options'],
    [['-p', '99999'], '--port 99999: must be 1 to 65535'],
    [['-p', '0'], '--port 0: must be 1 to 65535'],
    [['-g', '192.0.2.1'], '--group 192.0.2.1: must be a multicast group'],
    [['-g', 'nosuch.invalid'], '--group nosuch.invalid: must be a multicast group'],
    [['-g', '239.1.1.1', '-g', 'fd00::1'], '--group fd00::1: must be a multicast group'],
    [['-t', '256'], '--ttl 256: must be 0 to 255'],
    [['-s', '23'], '--size 23: must be 24 to 65507'],
    [['-s', '65508'], '--size 65508: must be 24 to 65507'],
    [['-i', '0'], '--interval 0: must be 1ms to 24h'],
    [['-i', '1s', '--rate', '5'], '--rate and --interval cannot be combined'],
    [['--plain'], '--plain requires --stdin'],
    [['--stdin', '-c', '5'], '--stdin and --count cannot be combined'],
    [['--stdin', '--engine', 'batch'], '--engine batch: cannot be combined with --stdin'],
    [['--stdin', '-s', '50'], '--stdin and --size cannot be combined'],
    [['group'], 'unknown command group; there is send'],
  ])('%j ends with 2 and one line', async (args, line) => {
    const { code, stderr, stdout } = await runApp(SENDER, args)
    expect({ code, stderr, stdout }).toEqual({
      code: 2,
      stderr: `${SENDER}: ${line}\n`,
      stdout: '',
    })
  })

  it.each([[[]], [['--check']]])(
    'a missing interface ends with 2, naming those that exist %j',
    async (check) => {
      const { code, stderr } = await runApp(SENDER, ['-I', 'nosuch0', ...check])
      expect(stderr).toMatch(
        /^multicast-sender: --interface nosuch0: no such interface; there are .*127\.0\.0\.1.*\n$/,
      )
      expect(code).toBe(2)
    },
  )

  it('--check reports a valid configuration, and sends nothing', async () => {
    const group = randomGroup()
    using listener = await listenTo(group)
    const { code, stdout } = await runApp(SENDER, [...LOOPBACK, '-g', group, '--check'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${SENDER}: the configuration is valid\n` })
    expect(listener.received).toEqual([])
  })
})
