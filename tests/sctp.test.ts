import { sctpSendEvent } from '@sockyard/protocol/results'
import { describeWithDocker } from '@sockyard/testkit/docker'
import type { RunningApp } from '@sockyard/testkit/process'
import type { StartedNetwork } from 'testcontainers'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { startNetwork } from './support/network.ts'

// Some wait for a stack of the 2000s to send what it holds back for 200 ms, again and again.
vi.setConfig({ testTimeout: 90_000 })

/** usrsctp's programs want both UDP ports; each one here has a port of its own. */
const SERVERS = {
  echo_server: { port: 7, udpPort: 9907 },
  daytime_server: { port: 13, udpPort: 9913 },
  chargen_server_upcall: { port: 19, udpPort: 9919 },
} as const

describeWithDocker('SCTP with usrsctp', () => {
  let network: StartedNetwork
  let service: RunningContainer
  let peers: RunningContainer

  beforeAll(async () => {
    network = await startNetwork()
    service = await startService('sctp-echo', { network })
    peers = await startPeers({ network, image: 'sockyard/sctp-peers', alias: 'usrsctp' })
  })

  afterAll(async () => {
    await peers[Symbol.asyncDispose]()
    await service[Symbol.asyncDispose]()
    await network.stop()
  })

  const address = (): string => service.started.getIpAddress(network.getName())
  /** usrsctp's client from a UDP port of ours, told the address: it looks no names up. */
  const usrsctpClient = (udpPort: number): RunningApp =>
    peers.exec('client', address(), '9877', '0', String(udpPort), '9899')
  /** Our client in the service's container. */
  const ours = (...words: string[]): RunningApp => service.exec('node', 'src/main.ts', ...words)

  async function metric(name: string): Promise<number> {
    const url = 'http://localhost:9100/metrics'
    const script = `fetch('${url}').then(async (r) => console.log(await r.text()))`
    const text = await service.run('node', '--eval', script)
    const line = text.split('\n').find((each) => each.startsWith(`${name} `))
    return Number(line?.split(' ')[1] ?? Number.NaN)
  }

  async function usrsctpServer(name: keyof typeof SERVERS): Promise<AsyncDisposable & Target> {
    const { port, udpPort } = SERVERS[name]
    const running = peers.exec(name, String(udpPort), '9899')
    // They say nothing when they listen; the kernel knows.
    await vi.waitFor(
      async () => expect(await peers.run('ss', '-lnu')).toContain(`:${udpPort} `),
      10_000,
    )
    const stop = async (): Promise<void> => {
      await peers.run('pkill', '--exact', name.slice(0, 15))
      await running.exited
    }
    const words = [`usrsctp:${port}`, '--udp-port', String(udpPort)]
    return { words, [Symbol.asyncDispose]: stop }
  }

  it("echoes to usrsctp's client, several at once", async () => {
    const clients = [9901, 9902, 9903].map(async (udpPort) => {
      await using client = usrsctpClient(udpPort)
      client.stdin.write(`hello from ${udpPort}\n`)
      await client.waitForText(new RegExp(`hello from ${udpPort}`))
      client.stdin.write('and again\n')
      await client.waitForText(/and again/)
      client.stdin.end()
      expect((await client.exited).code).toBe(0)
      await client.waitForText(/SCTP_SHUTDOWN_COMP/)
    })
    await Promise.all(clients)
  })

  it('takes 20,000 messages of 1,000 B from tsctp whole and in order, and ends in good order', async () => {
    // At trace level the server tells each message as it is handed to it: where the wire says it belongs, in
    // the order of delivery.
    const command = ['serve', '--events', 'association,data-io', '--log-level', 'trace']
    await using witness = await startService('sctp-echo', { network, alias: 'witness', command })
    // With -c it reads what comes back; its debugging output is of no use.
    const tsctp = 'tsctp -c -l 1000 -n 20000 -E 9905 -U 9899 -p 9877'
    const target = witness.started.getIpAddress(network.getName())
    await peers.run('sh', '-c', `${tsctp} ${target} > /dev/null 2>&1`)
    await witness.log.waitForLog(({ msg }) => msg === 'association ended')
    const told = witness.log.lines.filter(({ msg }) => msg === 'message')
    const first = Number(told[0]?.['tsn'])
    const inOrder = Array.from({ length: 20_000 }, (_, n) => [(first + n) % 2 ** 32, 0, n, 1000])
    const delivered = told.map(({ tsn, stream, sequence, bytes }) => [tsn, stream, sequence, bytes])
    expect(delivered).toEqual(inOrder)
  })

  it('holds tsctp back when it does not read its echoes, and serves others meanwhile', async () => {
    const received = 'sockyard_sctp_messages_total{direction="received"}'
    const before = await metric(received)
    const tsctp = 'tsctp -l 1000 -n 20000 -E 9906 -U 9899 -p 9877'
    const running = peers.run('sh', '-c', `timeout 4 ${tsctp} ${address()} > /dev/null 2>&1; true`)
    await using other = usrsctpClient(9904)
    other.stdin.write('still there?\n')
    await other.waitForText(/still there\?/)
    other.stdin.end()
    await other.exited
    await running
    expect((await metric(received)) - before).toBeLessThan(2000)
  })

  it('knows a client that was killed and comes back from the same ports', async () => {
    const again = (): RunningApp => peers.exec('client', address(), '9877', '5555', '9908', '9899')
    await using first = again()
    first.stdin.write('first life\n')
    await first.waitForText(/first life/)
    await peers.run('pkill', '--signal', 'KILL', '--exact', 'client')
    await first.exited
    await using second = again()
    second.stdin.write('second life\n')
    await second.waitForText(/second life/)
    await service.log.waitForLog(({ msg }) => msg === 'association restarted')
    second.stdin.end()
    expect((await second.exited).code).toBe(0)
  })

  it("gets 20,000 messages of 1,000 B back from usrsctp's echo_server, whole and in order", async () => {
    await using server = await usrsctpServer('echo_server')
    const limits = ['--count', '20000', '--size', '1000', '--window', '64']
    await using ping = ours('ping', ...server.words, ...limits, '--streams', '1', '--json')
    expect((await ping.exited).code).toBe(0)
    expect(ping.lines.at(-1)).toMatchObject({
      event: 'end',
      data: { sent: 20_000, received: 20_000, lost: 0, reordered: 0, malformed: 0 },
    })
  })

  it("keeps 20,000 messages of 1,000 B in order on each stream with usrsctp's echo_server", async () => {
    await using server = await usrsctpServer('echo_server')
    await using client = ours('send', ...server.words, '--size', '1000', '--json')
    const lines = Array.from({ length: 20_000 }, (_, n) => `[${n % 10}]${n}`)
    client.stdin.end(`${lines.join('\n')}\n`)
    expect((await client.exited).code).toBe(0)
    const messages = client.lines
      .map((line) => sctpSendEvent.parse(line))
      .flatMap(({ event, data }) => (event === 'sample' && data.kind === 'message' ? [data] : []))
    for (let stream = 0; stream < 10; stream += 1) {
      const texts = messages.filter((each) => each.stream === stream).map(({ text }) => text)
      expect(texts).toEqual(Array.from({ length: 2000 }, (_, n) => String(stream + 10 * n)))
    }
    expect(new Set(messages.map(({ sizeBytes }) => sizeBytes))).toEqual(new Set([1000]))
  })

  it("reads the time from usrsctp's daytime_server, which then ends", async () => {
    await using server = await usrsctpServer('daytime_server')
    await using client = ours('send', ...server.words)
    client.stdin.end()
    expect((await client.exited).code).toBe(0)
    expect(client.stdout).toMatch(
      /stream {2}0 {2}seq {4}0 {2}\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}/,
    )
    expect(client.stdout).toContain('* the peer shuts down')
  })

  it("reads from usrsctp's chargen_server as long as it wants", async () => {
    await using server = await usrsctpServer('chargen_server_upcall')
    await using client = ours('send', ...server.words, '--deadline', '2s')
    // The server writes when something wakes it.
    client.stdin.write('go\n')
    await client.waitForText(/seq {4}3 .*ABCDEFGHIJKLMNOPQRSTUVWXYZ/)
    client.stdin.end()
    expect((await client.exited).code).toBe(0)
  })
})

/** Where a server is, as our clients are told. */
interface Target {
  words: readonly string[]
}
