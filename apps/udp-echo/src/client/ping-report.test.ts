import { spawnSync } from 'node:child_process'

import { echoPingEvent, type EchoPingEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, farNetwork, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { startServer } from '../server/server.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

function eventsOf(stdout: string): EchoPingEvent[] {
  const lines = stdout.trimEnd().split('\n')
  return lines.map((line) => echoPingEvent.parse(JSON.parse(line)))
}

function endOf(stdout: string) {
  const end = eventsOf(stdout).at(-1)
  if (end?.event !== 'end') throw new Error(`no end in ${stdout}`)
  return end.data
}

describe('a report', () => {
  it('as CSV has a header and a row for each probe, also of many, and nothing else', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const args = ['ping', `127.0.0.1:${server.port}`, '--rate', '100', '-c', '150', '--csv']
    const { code, stdout, stderr } = await runApp('udp-echo', args)
    const [header, ...rows] = stdout.trimEnd().split('\n')
    expect(header).toBe(
      'at,connection,sequence,sizeBytes,outcome,rttMicros,replyTtl,replyDscp,replyEcn',
    )
    expect(rows[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z,0,0,64,answered,[\d.]+,64,0,not-ect$/)
    expect(rows.map((row) => Number(row.split(',')[2]))).toEqual(
      Array.from({ length: 150 }, (_, sequence) => sequence),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('as CSV says of silence what it was: the row on standard output, the reason on standard error', async () => {
    const server = await startServer('--deny', '127.0.0.0/8')
    await using _app = server.app
    const target = `127.0.0.1:${server.port}`
    const args = ['ping', target, '-c', '1', '-W', '100ms', '--csv', '--engine', 'node']
    const { code, stdout, stderr } = await runApp('udp-echo', args)
    expect(stdout.split('\n')[1]).toMatch(/Z,0,0,64,silent,,,,$/)
    expect(stderr).toContain(`${target}: no answer in time`)
    expect(code).toBe(1)
  })

  it('has the time before each line with --timestamps', async () => {
    const server = await startServer()
    await using _app = server.app
    const args = ['ping', `127.0.0.1:${server.port}`, '-c', '1', '-D']
    const { stdout } = await runApp('udp-echo', args)
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z {2}seq {4}0 {2}64 B/m)
  })

  it('has the distribution of all round trips with --histogram', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const args = ['ping', `127.0.0.1:${server.port}`, '-c', '50', '-i', '2ms', '--histogram']
    const { stdout } = await runApp('udp-echo', [...args, '--json'])
    const { histogram, received } = endOf(stdout)
    expect(histogram?.reduce((sum, { count }) => sum + count, 0)).toBe(received)
    const text = await runApp('udp-echo', args)
    expect(text.stdout).toMatch(/^ +\d+ [µm]s to +\d+ [µm]s +\d+ {2}#{40}$/m)
  })

  it('has variation and jitter, and only the percentiles that 20 probes carry', async () => {
    const server = await startServer()
    await using _app = server.app
    const args = ['ping', `127.0.0.1:${server.port}`, '-c', '20', '-i', '5ms', '--json']
    const { rttMicros, ipdvMicros, jitterMicros } = endOf((await runApp('udp-echo', args)).stdout)
    for (const { p90, p99, p999 } of [rttMicros, ipdvMicros].filter((each) => each !== null)) {
      expect(p90).toBeGreaterThan(0)
      expect({ p99, p999 }).toEqual({ p99: null, p999: null })
    }
    expect(ipdvMicros?.max).toBeGreaterThan(0)
    expect(jitterMicros).toBeGreaterThan(0)
  })

  it('at a bit rate says what went out and came in', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const target = `127.0.0.1:${server.port}`
    // 125,000 B/s are 250 probes of 500 B.
    const args = ['ping', target, '--bitrate', '1M', '-s', '500', '-c', '250']
    const { stdout, code } = await runApp('udp-echo', [...args, '--json'])
    const [start, end] = [eventsOf(stdout)[0], endOf(stdout)]
    expect(start?.data).toMatchObject({ intervalMillis: 4 })
    expect(end.sentBytesPerSecond).toBeCloseTo((250 * 500 * 1_000) / end.durationMillis, 0)
    expect(end.bytesPerSecond).toBe(end.sentBytesPerSecond)
    expect(code).toBe(0)
    const text = await runApp('udp-echo', args)
    expect(text.stdout).toMatch(/^answered: .* out [\d.]+ kbit\/s {2}in [\d.]+ kbit\/s$/m)
  })
})

describe.runIf(canMakeNamespaces())('between two hosts', () => {
  it.each(['native', 'node'])(
    'a sweep with DF finds what the path carries, engine %s',
    async (engine) => {
      using hosts = twoHosts(`ping-sweep-${engine}`)
      for (const each of [hosts.host, hosts.peer])
        spawnSync('ip', ['-n', each, 'link', 'set', 'eth0', 'mtu', '1400'])
      await using server = await startApp('udp-echo', [], { namespace: hosts.host })
      await server.listening()
      const args = ['ping', '10.77.0.1', '--sweep', '1364-1380:4', '-i', '50ms', '--engine', engine]
      const df = await runApp('udp-echo', [...args, '--df', '--json'], { namespace: hosts.peer })
      // 1,400 less 20 of IP and 8 of UDP.
      expect(endOf(df.stdout)).toMatchObject({
        sent: 5,
        received: 3,
        lost: 2,
        sweep: { largestAnsweredBytes: 1372, smallestLostBytes: 1376, pathMtuBytes: 1400 },
      })
      expect(df.stdout).toContain('"sizeBytes":1376,"outcome":"too-big"')
      expect(df.code).toBe(1)
      // Without it, IP fragments.
      const fragments = await runApp('udp-echo', args, { namespace: hosts.peer })
      expect(fragments.stdout).toContain('largest answered 1380 B  smallest lost none')
      expect(fragments.code).toBe(0)
    },
  )

  it('a sweep with DF learns from the ICMP message of a router', async () => {
    using hosts = twoHosts('ping-router')
    using far = farNetwork(hosts.host, 1300)
    spawnSync('ip', `-n ${hosts.peer} route add 10.78.0.0/24 via 10.77.0.1`.split(' '))
    await using server = await startApp('udp-echo', [], { namespace: far.namespace })
    await server.listening()
    const args = ['ping', '10.78.0.2', '--df', '--sweep', '1268-1280:4', '-i', '50ms', '--json']
    const { stdout } = await runApp('udp-echo', args, { namespace: hosts.peer })
    // The first that is too long learns it from the router, the next one from the kernel.
    const outcomes = eventsOf(stdout).flatMap(({ event, data }) =>
      event === 'sample' ? [`${data.sizeBytes} ${data.outcome}`] : [],
    )
    expect(outcomes.toSorted()).toEqual([
      '1268 answered',
      '1272 answered',
      '1276 too-big',
      '1280 too-big',
    ])
    expect(endOf(stdout).sweep).toMatchObject({ largestAnsweredBytes: 1272, pathMtuBytes: 1300 })
  })

  it('the replies show their TTL, DSCP and ECN', async () => {
    using hosts = twoHosts('ping-replies')
    const mangle = `netns exec ${hosts.host} iptables -t mangle -A OUTPUT -p udp --sport 3333 -j`
    for (const target of ['DSCP --set-dscp 10', 'TTL --ttl-set 33'])
      expect(String(spawnSync('ip', `${mangle} ${target}`.split(' ')).stderr)).toBe('')
    await using server = await startApp('udp-echo', [], { namespace: hosts.host })
    await server.listening()
    const args = ['ping', '10.77.0.1', '-c', '2', '-i', '50ms']
    const { stdout } = await runApp('udp-echo', args, { namespace: hosts.peer })
    expect(stdout).toMatch(/^seq {4}0 {2}64 B {2}time .* {2}ttl 33 {2}dscp 10$/m)
    expect(stdout).toMatch(/^replies 2 {2}ttl 33 {2}dscp 10$/m)
  })
})
