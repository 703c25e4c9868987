import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

import { lookupEvent, type LookupAnswer } from '@sockyard/protocol/results'
import { withoutIpv6 } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

const root = fileURLToPath(new URL('../../../', import.meta.url))
const server = createServer((socket) => void socket.on('error', () => undefined).resume())
let port = 0

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

afterAll(() => server.close())

async function answers(...args: readonly string[]): Promise<LookupAnswer[]> {
  const { stdout } = await runApp('lookup', [...args, '--json'])
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => lookupEvent.parse(JSON.parse(line)))
  return events.flatMap(({ event, data }) => (event === 'sample' ? [data] : []))
}

type Option = Extract<LookupAnswer, { kind: 'option' }>

async function options(...args: readonly string[]): Promise<Map<string, Option>> {
  const all = await answers('options', ...args)
  return new Map(all.flatMap((each) => (each.kind === 'option' ? [[each.name, each]] : [])))
}

test('both ends of a connection are shown', async () => {
  const [tcp] = await answers('sockname', `127.0.0.1:${port}`)
  expect(tcp).toMatchObject({
    transport: 'tcp',
    local: { address: '127.0.0.1' },
    remote: { address: '127.0.0.1', port },
  })
  const [udp] = await answers('sockname', '--udp', '127.0.0.1:9')
  expect(udp).toMatchObject({ transport: 'udp', remote: { address: '127.0.0.1', port: 9 } })
})

test('a host without IPv6 shows the options of IPv4 sockets', async () => {
  const env = withoutIpv6()
  for (const args of [['options'], ['options', 'tcp'], ['options', 'udp']]) {
    const { code, stdout } = await runApp('lookup', args, { env })
    expect(code).toBe(0)
    expect(stdout).toContain('SO_TYPE')
    expect(stdout).not.toContain('IPV6_')
  }
  expect(await runApp('lookup', ['options', 'tcp', '-6'], { env })).toMatchObject({ code: 1 })
})

test('a target without a port is named', async () => {
  const ran = await runApp('lookup', ['sockname', 'localhost'])
  const stderr = 'lookup: HOST:PORT localhost: has no port; write HOST:PORT or [IPv6]:PORT\n'
  expect(ran).toEqual({ code: 2, stdout: '', stderr })
})

test.each([['host', 'localhost'], ['resolve', 'localhost'], ['options']])(
  'an answer that cannot be written is exit code 1: %s',
  async (...args) => {
    const shell = `exec "${process.execPath}" apps/lookup/src/main.ts ${args.join(' ')} > /dev/full`
    const { status, stderr } = spawnSync('sh', ['-c', shell], { cwd: root, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^lookup: standard output: .*no space left on device.*\n$/)
  },
)

/** "Generic Socket Options" of the course's slides, and the options of the multicast chapters. */
const OF_THE_CLASSIC_PROGRAMS = `
  SO_ACCEPTCONN SO_BROADCAST SO_DEBUG SO_DONTROUTE SO_ERROR SO_KEEPALIVE SO_LINGER SO_OOBINLINE SO_RCVBUF
  SO_RCVLOWAT SO_RCVTIMEO SO_REUSEADDR SO_SNDBUF SO_SNDLOWAT SO_SNDTIMEO SO_TYPE
  IP_MULTICAST_IF IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_ADD_MEMBERSHIP IP_DROP_MEMBERSHIP
  IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP IPV6_JOIN_GROUP IPV6_LEAVE_GROUP`

test('every option of the classic programs is there, with a value where it can be read', async () => {
  const all = await options()
  for (const name of OF_THE_CLASSIC_PROGRAMS.trim().split(/\s+/)) {
    const { value, reason } = all.get(name) ?? { value: undefined, reason: undefined }
    expect(value === null ? reason : name).toBe(value === null ? 'set only' : name)
  }
  expect(all.get('IP_MULTICAST_TTL')).toMatchObject({ socket: 'udp IPv4 fresh', value: 1 })
  expect(all.get('IPV6_MULTICAST_HOPS')).toMatchObject({ socket: 'udp IPv6 fresh', value: 1 })
})

test('a socket has the requested family and type', async () => {
  const udp = await options('udp')
  expect(udp.get('SO_TYPE')?.value).toBe(2)
  expect(udp.has('TCP_NODELAY')).toBe(false)
  const tcp = await options('tcp', '-6')
  expect(tcp.get('SO_DOMAIN')?.value).toBe(10)
  expect(tcp.get('SO_TYPE')?.value).toBe(1)
})

test('of a connection the values are those of now', async () => {
  const connected = await options(`127.0.0.1:${port}`)
  expect(connected.get('TCP_INFO')?.value).toMatchObject({ state: 'ESTABLISHED' })
  expect(connected.get('TCP_NODELAY')?.value).toBe(true)
  expect(connected.has('IPV6_V6ONLY')).toBe(false)
})

test('what is set is shown before and after, as the kernel has it', async () => {
  const changes = ['SO_RCVBUF=65536', 'SO_KEEPALIVE=on', 'so_linger=5', 'IP_MULTICAST_TTL=7']
  expect(await answers('options', ...changes.flatMap((each) => ['--set', each]))).toMatchObject([
    { name: 'SO_RCVBUF', asked: 65_536, after: 131_072, note: 'the kernel doubles it (socket(7))' },
    { name: 'SO_KEEPALIVE', before: false, asked: true, after: true, note: null },
    { name: 'SO_LINGER', before: { on: false }, after: { on: true, seconds: 5 } },
    { name: 'IP_MULTICAST_TTL', before: 1, after: 7 },
  ])
})

test.each([
  ['packages/service/src/example/main.ts', 'tcp', 'SO_ACCEPTCONN', true],
  ['tcp-echo', 'tcp', 'SO_ACCEPTCONN', true],
  ['udp-echo', 'udp', 'SO_TYPE', 2],
])(
  'the listening socket of %s is seen through its admin endpoint',
  async (app, transport, name, value) => {
    await using running = await startApp(app, ['--host', '127.0.0.1', '--port', '0'])
    const { port: listening } = await running.listening(transport)
    const all = await options(`http://127.0.0.1:${await running.adminPort()}`)
    const socket = `${transport} 127.0.0.1 ${listening} listening`
    expect(all.get(name)).toMatchObject({ socket, value })
    running.kill()
    expect(await running.exited).toMatchObject({ code: 0 })
  },
)

test('a closed port is one line and exit code 1', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const free = (gone.address() as AddressInfo).port
  gone.close()
  await once(gone, 'close')
  const refused = { code: 1, stdout: '', stderr: `lookup: 127.0.0.1:${free}: connection refused\n` }
  expect(await runApp('lookup', ['sockname', `127.0.0.1:${free}`])).toEqual(refused)
  expect(await runApp('lookup', ['options', `127.0.0.1:${free}`])).toEqual(refused)
  expect(await runApp('lookup', ['options', `http://127.0.0.1:${free}`])).toEqual(refused)
})

test('a value that the kernel rejects is reported with its errno', async () => {
  const noInterface = ['options', '--set', 'IP_MULTICAST_IF=203.0.113.9']
  expect(await runApp('lookup', noInterface)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'lookup: IP_MULTICAST_IF: the kernel rejects the value: EADDRNOTAVAIL\n',
  })
  const noAddress = await runApp('lookup', ['options', '--set', 'IP_MULTICAST_IF=eth0'])
  expect(noAddress).toMatchObject({ code: 2, stdout: '' })
  expect(noAddress.stderr).toContain('IP_MULTICAST_IF is an IPv4 address, not "eth0"')
})
