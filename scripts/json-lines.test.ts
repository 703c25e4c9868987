// Every line that an app writes as JSON is valid by its published schema (docs/schemas): each command runs in a real
// exchange on a loopback address of this test, and each client also where there is no server.
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

import { apps } from '@sockyard/catalog'
import { randomGroup } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'

import { loadApps } from './apps.ts'
import { root } from './source-tree.ts'

/** A command in a real exchange. */
interface Exchange {
  /** The app, the command and its arguments. */
  line: string
  /** Of its lines; a file of docs/schemas. */
  schema: string
  /** An app that runs meanwhile, for all that name it; its log is validated in the end. */
  server?: string
  /** What a receiver waits for. */
  send?: () => void
  /** It has no end: it is stopped after an event of this name. */
  until?: string
  code?: number
}

const address = `127.45.${randomInt(256)}.${randomInt(1, 255)}`
/** Nothing listens there. */
const closed = `${address}:9`
const group = randomGroup()
/** A listener binds its port on every address: other tests have other ones. */
const ntpPort = randomInt(11_000, 30_000)
const env = { SOCKYARD_HOST: address, SOCKYARD_INTERFACE: '127.0.0.1', YARD_ADDRESS: address }
const inetdSample = fileURLToPath(new URL('../apps/inetd/inetd.conf', import.meta.url))
/** Tells one that hangs from one on a busy machine. */
const PATIENCE = 60_000

const few = '--count 3 --interval 20ms'
const ntpServer = `sntp-server --port ${ntpPort} --stratum 10 --rate-limit 0 --group ${group} --interval 100ms`
const sendDatagram = (): void => {
  const socket = createSocket('udp4')
  socket.send('hello', 7777, address, () => socket.close())
}

const pings: readonly Exchange[] = ['tcp-echo', 'udp-echo', 'sctp-echo'].flatMap((app) => [
  { line: `${app} ping ${address} ${few}`, schema: 'echo-ping', server: app },
  { line: `${app} ping ${closed} ${few} --wait 300ms`, schema: 'echo-ping', code: 1 },
])

const messages: readonly Exchange[] = ['tcp-echo', 'udp-echo'].flatMap((app) => [
  { line: `${app} send ${address} one two`, schema: 'messages', server: app },
  { line: `${app} exchange ${address} one --size 100`, schema: 'messages', server: app },
  { line: `${app} send ${closed} one --wait 300ms`, schema: 'messages', code: 1 },
])

const receivers: readonly Exchange[] = [
  {
    line: 'tcp-echo receive --port 7777 --count 1',
    schema: 'messages',
    send: () => void connect(7777, address).end('hello\n'),
  },
  { line: 'udp-echo receive --port 7777 --count 1', schema: 'messages', send: sendDatagram },
]

const clocks: readonly Exchange[] = [
  { line: `daytime query ${address} ${few}`, schema: 'daytime-query', server: 'daytime' },
  { line: `daytime query ${address} ${few} --time -u`, schema: 'daytime-query', server: 'daytime' },
  { line: `daytime query ${closed} ${few}`, schema: 'daytime-query', code: 1 },
  {
    line: `sntp-listener query ${address}:${ntpPort} ${few}`,
    schema: 'sntp-query',
    server: ntpServer,
  },
  { line: `sntp-listener query ${closed} ${few}`, schema: 'sntp-query', code: 1 },
  {
    line: `sntp-listener listen --port ${ntpPort} --group ${group}`,
    schema: 'sntp-observe',
    server: ntpServer,
    until: 'sample',
  },
]

const groups: readonly Exchange[] = [
  { line: `multicast-sender send --group ${group} ${few} --size 64`, schema: 'multicast-send' },
  {
    line: `multicast-receiver receive --group ${group} --silent-after 100ms`,
    schema: 'multicast-receive',
    server: `multicast-sender send --group ${group} --interval 300ms`,
    until: 'sample',
  },
  {
    line: `multicast-receiver receive --group ${randomGroup()} --count 1 --deadline 300ms`,
    schema: 'multicast-receive',
    code: 1,
  },
]

const others: readonly Exchange[] = [
  {
    line: `tcp-echo ping ${address} --bulk --bytes 100000`,
    schema: 'tcp-bulk',
    server: 'tcp-echo',
  },
  { line: `tcp-echo ping ${closed} --bulk --bytes 1000`, schema: 'tcp-bulk', code: 1 },
  { line: `sctp-echo send ${address}`, schema: 'sctp-send', server: 'sctp-echo' },
  { line: `sctp-echo send ${closed} --wait 300ms`, schema: 'sctp-send', code: 1 },
  { line: `lookup sockname ${address}:3111`, schema: 'lookup', server: 'tcp-echo' },
  { line: `survey host ${address} --idle 1s`, schema: 'survey-run', server: 'tcp-echo' },
  { line: `survey host ${closed}`, schema: 'survey-run', code: 1 },
  { line: `survey doctor tcp ${address}:3111`, schema: 'survey-doctor', server: 'tcp-echo' },
  { line: `survey doctor udp ${address}:3333`, schema: 'survey-doctor', server: 'udp-echo' },
  { line: `survey doctor tcp ${closed}`, schema: 'survey-doctor', code: 1 },
  {
    line: `survey ping-multicast ${address} 239.255.43.234 --count 2 --interval 50ms`,
    schema: 'survey-multicast-ping',
    server: 'survey multicast-responder',
  },
  { line: 'lookup service nosuch', schema: 'lookup', code: 1 },
  // Last: its agents take the ports of all others.
  {
    line: `survey mesh --agents ${address},${address}:4864 --wait 1s`,
    schema: 'survey-run',
    server: 'survey agent',
    code: 1,
  },
]

const questions = [
  'host localhost',
  'address 127.0.0.1 80',
  'address ::ffff:127.0.0.1 --convert',
  'service smtp',
  'protocol tcp',
  'hosts',
  'services',
  'protocols',
  'resolve localhost 3111 --explain',
  'options udp --set SO_RCVBUF=65536',
]

const tools: readonly Exchange[] = [
  ...questions.map((words) => ({ line: `lookup ${words}`, schema: 'lookup' })),
  { line: 'lab all', schema: 'lab' },
  { line: 'lab fork --depth 1', schema: 'lab' },
]

const exchanges = [...pings, ...messages, ...receivers, ...clocks, ...groups, ...others, ...tools]

/** `tcp-echo ping` and all others that have `--json`. */
async function commandsWithJson(): Promise<string[]> {
  return (await loadApps()).flatMap(({ name, commands }) =>
    commands.filter(({ options }) => 'json' in options.shape).map((each) => `${name} ${each.name}`),
  )
}

function published(name: string): z.ZodType {
  return z.fromJSONSchema(JSON.parse(readFileSync(`${root}/docs/schemas/${name}.json`, 'utf8')))
}

/** What is wrong with the lines that it wrote so far; there has to be one. */
function faultsOf({ stdout }: RunningApp, schema: string): string[] {
  const rules = published(schema)
  const lines = stdout.split('\n').filter((line) => line !== '')
  if (lines.length === 0) return ['it wrote nothing']
  return lines.flatMap((line) => {
    const { error } = rules.safeParse(JSON.parse(line))
    return error === undefined ? [] : [`${line}: ${error.message}`]
  })
}

/** The same of its log as a whole, the lines of its end too. */
async function faultsOfLog(server: RunningApp): Promise<string[]> {
  server.kill('SIGTERM')
  await server.exited
  return faultsOf(server, 'log')
}

async function expectValidPeers(adminPort: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/peers`)
  expect(published('peers').safeParse(await answer.json()).error).toBeUndefined()
}

/** A server that says where it listens, or a sender that has begun. */
async function started(line: string): Promise<RunningApp> {
  const [app = '', ...words] = line.split(' ')
  const server = await startApp(app, words, { env })
  await server.waitForText(/"transport":"(tcp|udp|sctp)".*"msg":"listening"|"event":"start"/)
  return server
}

const servers = new Map<string, Promise<RunningApp>>()

function running(line: string): Promise<RunningApp> {
  const server = servers.get(line) ?? started(line)
  servers.set(line, server)
  return server
}

afterAll(async () => {
  for (const server of servers.values()) await (await server)[Symbol.asyncDispose]()
})

test.each(exchanges)(
  '$line',
  async ({ line, schema, server, send, until, code = 0 }) => {
    if (server !== undefined) await running(server)
    const [app = '', ...words] = line.split(' ')
    await using client = await startApp(app, [...words, '--json'], { env })
    client.stdin.end('hello\n')
    if (send !== undefined) {
      await client.waitForLog(({ event }) => event === 'start')
      send()
    }
    if (until !== undefined) {
      await client.waitForLog(({ event }) => event === until)
      client.kill('SIGTERM')
    }
    expect({ code: (await client.exited).code, line }).toEqual({ code, line })
    expect(faultsOf(client, schema)).toEqual([])
    expect(client.lines.some(({ event }) => event === 'end')).toBe(true)
  },
  PATIENCE,
)

/** Services whose output is their log; the inetd of a host has its own file. */
const services = ['tcp-echo', 'udp-echo', 'chat', 'daytime', 'sctp-echo', ntpServer, 'console']

test.each([...services, `inetd --config ${inetdSample}`])(
  'the log of %s, of its clients and of its end',
  async (line) => {
    const server = await running(line)
    const { port } = await server.listening()
    // A client that comes and goes, and one that talks nonsense.
    connect(port, address)
      .on('error', () => undefined)
      .end('\u0000\u00ff\n')
    const socket = createSocket('udp4')
    socket.send('\u0000', port, address, () => socket.close())
    await expectValidPeers(await server.adminPort())
    expect(await faultsOfLog(server)).toEqual([])
  },
  PATIENCE,
)

test('every command with --json, every service and every schema is among them', async () => {
  const run = new Set(exchanges.map(({ line }) => line.split(' ').slice(0, 2).join(' ')))
  // `lab all` is all experiments but fork.
  const apart = (await commandsWithJson()).filter((command) => !/^lab (?!all|fork)/.test(command))
  expect(apart.filter((command) => !run.has(command))).toEqual([])
  const known = new Set(exchanges.map(({ schema }) => `${schema}.json`))
  // The console's are those of its API, which its own tests validate.
  const apartFromThem = readdirSync(`${root}/docs/schemas`).filter(
    (file) => !known.has(file) && !file.startsWith('console-'),
  )
  expect(apartFromThem).toEqual(['log.json', 'peers.json'])
  const logs = new Set([...services, 'inetd'].map((line) => line.split(' ')[0]))
  const withoutJson = apps.filter(
    ({ name, adminPort }) => adminPort !== undefined && !logs.has(name),
  )
  expect(withoutJson.map(({ name }) => name)).toEqual([
    'multicast-sender',
    'multicast-receiver',
    'sntp-listener',
  ])
})
