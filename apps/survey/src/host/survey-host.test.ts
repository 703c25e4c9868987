import { createServer, type Server, type Socket } from 'node:net'

import { surveyRunEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, farNetwork, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { on, runAppOn, start } from '../../testing/namespaces.ts'

/** The results by check; each line is valid by the published schema. */
function resultsOf(stdout: string) {
  const lines = stdout.trim().split('\n')
  const events = lines.map((line) => surveyRunEvent.parse(JSON.parse(line)))
  const samples = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
  return new Map(samples.map((each) => [each.check, each]))
}

async function listening(onConnection: (socket: Socket) => void) {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { target: `127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() }
}

async function survey(...args: string[]) {
  const { code, stdout, stderr } = await runApp('survey', [...args, '--json'])
  expect(stderr).toBe('')
  return { code, results: resultsOf(stdout) }
}

async function from(host: string, ...args: string[]) {
  const { stdout, stderr } = await runAppOn(host, 'survey', ...args, '--json')
  expect(stderr).toBe('')
  return resultsOf(stdout)
}

const SERVING = ['--log-format', 'json', '--admin-port', '0']
const echoOn = (host: string) => start(host, 'tcp-echo', SERVING)

describe('survey HOST', () => {
  it('finds nothing wrong with an echo: 20 MB with a half-close, and idle for a second', async () => {
    using echo = await listening((socket) => void socket.pipe(socket))
    const { code, results } = await survey(echo.target, '--profile', 'full', '--idle', '1s')
    const [connect, ...others] = [...results].map(([check, { verdict }]) => [check, verdict])
    // A busy machine may take a second to accept.
    expect(connect).toEqual(['tcp-connect', expect.stringMatching('ok|warn')])
    const rest = ['tcp-path-mtu', 'tcp-transfer', 'tcp-idle'].map((check) => [check, 'ok'])
    expect({ code, others }).toEqual({ code: 0, others: rest })
    expect(results.get('tcp-transfer')?.facts).toMatchObject({ returnedBytes: 20_000_000 })
  })

  it('names a byte that was changed', async () => {
    using echo = await listening((socket) => {
      let passed = 0
      socket.on('end', () => void socket.end())
      socket.on('data', (bytes: Buffer) => {
        passed += bytes.length
        const last = bytes.at(-1) ?? 0
        if (passed > 1_000_000) bytes.writeUInt8(last ^ 1, bytes.length - 1)
        socket.write(bytes)
      })
    })
    const { code, results } = await survey(echo.target, '--profile', 'full')
    expect(code).toBe(1)
    expect(results.get('tcp-transfer')?.facts).toMatchObject({ outcome: 'different' })
  })

  it('skips what needs an echo where there is none, with the reason', async () => {
    using discard = await listening((socket) => void socket.resume())
    const { results } = await survey(discard.target, '--wait', '500ms')
    expect(results.get('tcp-path-mtu')).toMatchObject({
      verdict: 'skipped',
      summary: 'the service does not echo',
    })
  })

  it('goes on with the next host after a name without an address, and fails', async () => {
    using echo = await listening((socket) => void socket.pipe(socket))
    const { code, results } = await survey('nosuch.invalid', echo.target)
    expect({ code, names: results.get('names')?.verdict }).toEqual({ code: 1, names: 'fail' })
    expect(results.get('tcp-path-mtu')?.verdict).toBe('ok')
  })

  it('reports what it has found when it is interrupted', async () => {
    using echo = await listening((socket) => void socket.pipe(socket))
    await using app = await startApp('survey', [echo.target, '--idle', '1h', '--json'])
    await app.waitForText(/tcp-path-mtu/)
    app.kill('SIGINT')
    await app.exited
    const end = app.stdout.trim().split('\n').at(-1) ?? ''
    expect(JSON.parse(end)).toMatchObject({ event: 'end', data: { checks: 2, interrupted: true } })
  })
})

it('names the schemes where one is none of them', async () => {
  const { code, stderr } = await runApp('survey', ['http://localhost'])
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'survey: HOST http://localhost: must begin with tcp://, udp://, stamp://, sctp:// or multicast://\n',
  })
})

describe.skipIf(!canMakeNamespaces())('survey HOST in a network with a fault', () => {
  let hosts: TwoHosts

  beforeAll(() => {
    hosts = twoHosts('survey-host')
  })
  afterEach(() => on(hosts.peer, 'iptables -F'))
  afterAll(() => hosts[Symbol.dispose]())

  /** A firewall that forgets an idle connection after three seconds. */
  function forget(target: string): void {
    on(hosts.peer, 'sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=3')
    on(hosts.peer, 'sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0')
    on(hosts.peer, `iptables -A INPUT -p tcp -m conntrack --ctstate INVALID,UNTRACKED -j ${target}`)
  }

  it.each([
    ['DROP', 'is dropped silently'],
    ['REJECT --reject-with tcp-reset', 'is reset'],
  ])('names a firewall that forgets idle connections (%s)', async (target, how) => {
    forget(target)
    await using echo = echoOn(hosts.peer)
    await echo.listening()
    const results = await from(hosts.host, 'tcp://10.77.0.2', '--idle', '8s', '--wait', '4s')
    const idle = results.get('tcp-idle')
    expect(idle).toMatchObject({ verdict: 'fail', reference: 'RFC 5382, REQ-5' })
    expect(idle?.summary).toContain(how)
    expect(idle?.remedy).toContain('keepalive on')
  })

  it('names a path-MTU black hole', async () => {
    using far = farNetwork(hosts.peer, 1_280)
    // The far host does not know of the small MTU, and nothing tells the near one.
    on(far.namespace, 'ip link set eth0 mtu 1500')
    on(hosts.host, 'ip route add 10.78.0.0/24 via 10.77.0.2')
    on(hosts.peer, 'iptables -A OUTPUT -p icmp -j DROP')
    await using echo = echoOn(far.namespace)
    await echo.listening()
    const results = await from(hosts.host, '10.78.0.2', '--wait', '3s')
    expect(results.get('tcp-connect')?.verdict).not.toBe('fail')
    expect(results.get('tcp-path-mtu')).toMatchObject({
      verdict: 'fail',
      reference: 'RFC 2923, 2.1',
    })
    expect(results.get('tcp-path-mtu')?.summary).toContain('black hole')
  })

  it('counts a SYN that is sent again', async () => {
    await using echo = echoOn(hosts.peer)
    await echo.listening()
    on(
      hosts.peer,
      'iptables -A INPUT -p tcp --syn -m statistic --mode nth --every 5 --packet 4 -j DROP',
    )
    const results = await from(hosts.host, 'tcp://10.77.0.2', '--wait', '20s')
    expect(results.get('tcp-connect')).toMatchObject({ verdict: 'warn', reference: 'RFC 6298, 2' })
  })

  it('asks every service of a host, and nothing is wrong', async () => {
    await using tcp = echoOn(hosts.peer)
    await using udp = start(hosts.peer, 'udp-echo', SERVING)
    await using sctp = start(hosts.peer, 'sctp-echo', SERVING)
    await using reflector = start(hosts.peer, 'survey', ['reflect', ...SERVING])
    await using responder = start(hosts.peer, 'survey', ['multicast-responder', ...SERVING])
    for (const server of [tcp, udp, sctp, reflector, responder]) await server.listening()
    const results = await from(hosts.host, '10.77.0.2')
    // A busy machine may take a second to accept.
    expect(results.get('tcp-connect')?.verdict).toMatch(/ok|warn/)
    const checks = ['tcp-path-mtu', 'udp-loss', 'udp-sizes', 'stamp', 'sctp-association']
    const verdicts = [...checks, 'multicast-any-source'].map((check) => [
      check,
      results.get(check)?.verdict,
    ])
    expect(verdicts.filter(([, verdict]) => verdict !== 'ok')).toEqual([])
  })

  it('says within which bounds UDP is lost', async () => {
    await using echo = start(hosts.peer, 'udp-echo', SERVING)
    await echo.listening()
    on(hosts.peer, 'iptables -A INPUT -p udp -m statistic --mode nth --every 10 --packet 0 -j DROP')
    const results = await from(hosts.host, 'udp://10.77.0.2', '--wait', '1s')
    const loss = results.get('udp-loss')
    expect(loss).toMatchObject({ verdict: 'fail', facts: { sent: 100, lost: 10 } })
    const [low, high] = (loss?.facts['lossInterval'] ?? []) as number[]
    expect(low).toBeLessThan(0.1)
    expect(high).toBeGreaterThan(0.1)
  })

  it('distinguishes UDP that is dropped from a closed port', async () => {
    const closed = await from(hosts.host, 'udp://10.77.0.2')
    expect(closed.get('udp-loss')?.facts['refused']).toBeGreaterThan(0)
    on(hosts.peer, 'iptables -A INPUT -p udp -j DROP')
    const dropped = await from(hosts.host, 'udp://10.77.0.2', '--wait', '500ms')
    expect(dropped.get('udp-loss')).toMatchObject({ verdict: 'fail', facts: { refused: 0 } })
    expect(dropped.get('udp-sizes')).toMatchObject({ verdict: 'skipped' })
  })

  it('names the largest datagram where fragments are dropped', async () => {
    await using echo = start(hosts.peer, 'udp-echo', SERVING)
    await echo.listening()
    // The raw table comes before defragmentation.
    on(hosts.peer, 'iptables -t raw -A PREROUTING -f -j DROP')
    const results = await from(hosts.host, 'udp://10.77.0.2')
    on(hosts.peer, 'iptables -t raw -F')
    expect(results.get('udp-sizes')).toMatchObject({
      verdict: 'fail',
      facts: { largestWholeBytes: 1_472 },
    })
  })

  it('says that nothing answers, and skips the rest', async () => {
    on(hosts.peer, 'iptables -A INPUT -p tcp -j DROP')
    const results = await from(hosts.host, '10.77.0.2', '--wait', '500ms')
    expect(results.get('tcp-connect')?.facts).toMatchObject({ connected: 0, attempts: 3 })
    expect(results.get('tcp-path-mtu')?.verdict).toBe('skipped')
  })
})
