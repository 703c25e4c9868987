// Runs every example that --help and the manual pages show, as it stands there, against servers of the yard
// (localhost is replaced by their address, /etc/inetd.conf by the sample, files of runs by ones of this test).
// Everything is on a loopback address of this test, so that it does not meet what else runs on this host.
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { apps } from '@sockyard/catalog'
import type { AppDescription } from '@sockyard/cli/command'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { afterAll, expect, test } from 'vitest'

import { loadApps } from './apps.ts'
import { sockyard } from './sockyard.ts'

interface Example {
  app: string
  command: string
  args: string
}

const address = `127.44.${randomInt(256)}.${randomInt(1, 255)}`
/** What a user of one host has in the environment or leaves at its default. */
const env = {
  SOCKYARD_HOST: address,
  SOCKYARD_ADMIN_HOST: address,
  SOCKYARD_INTERFACE: '127.0.0.1',
  YARD_ADDRESS: address,
}
/** A server listens, a sender begins, a receiver names its address, or the whole topology is up. */
const READY =
  /"transport":"(tcp|udp|sctp)".*"msg":"listening"|"event":"start"|^(tcp|udp) .*:7777|\| all ready/m
/** The tests have each app take a free admin port: a client says which, once. */
const ADMIN_ADDRESS = /^.* listening transport=http .*\n/m
/** Tells an example that hangs from one on a busy machine. */
const PATIENCE = 60_000
const INETD_SAMPLE = fileURLToPath(new URL('../apps/inetd/inetd.conf', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'examples-'))
const RUN = join(folder, 'run.jsonl')
writeFileSync(
  RUN,
  `{"event":"start","at":"2026-11-27T12:00:00.000000Z","data":{"profile":"quick","hosts":["localhost"],"waitMillis":5000}}\n`,
)
afterAll(() => rmSync(folder, { recursive: true }))

/** The servers that the examples of an app's clients ask, where it is not the app itself. */
const SERVERS = new Map<string, readonly (readonly string[])[]>([
  ['sntp-listener query', [['sntp-server', '--port', '10123', '--stratum', '10']]],
  ['lookup sockname', [['tcp-echo']]],
  ['lookup options', [['tcp-echo', '--admin-port', '9101']]],
  ['survey ping-multicast', [['survey', 'multicast-responder']]],
  [
    'survey mesh',
    [
      ['survey', 'agent'],
      ['survey', 'agent', '--port', '4864'],
    ],
  ],
  ['survey doctor stamp', [['survey', 'reflect']]],
  ['survey host', [['tcp-echo'], ['udp-echo']]],
  ['survey doctor udp', [['udp-echo']]],
  ['survey doctor tcp', [['tcp-echo']]],
  ['survey doctor multicast', [['multicast-sender', '--interval', '100ms', '--json']]],
])
/** What a receiver waits for: whatever arrives at its port, or at its group. */
const SENDERS = new Map<string, () => Promise<void>>([
  ['tcp-echo receive', async () => void connect(7777, address).end('hello\n')],
  ['udp-echo receive', sendDatagram],
  ['multicast-receiver receive', sendToGroup],
])

const examples = [sockyard, ...(await loadApps())].flatMap(examplesOf)

function examplesOf(app: AppDescription): Example[] {
  return app.commands.flatMap((command) =>
    (command.examples ?? []).map(({ args }) => ({ app: app.name, command: command.name, args })),
  )
}

/** A service, or the topology: it runs until it is told to stop. */
function runsUntilStopped({ app, command, args }: Example): boolean {
  if (/--(count|check)\b/.test(args)) return false
  if (app === sockyard.name) return command === 'up'
  if (app === 'survey') return command === 'reflect' || command === 'agent'
  const isServer = apps.some(({ name, adminPort }) => name === app && adminPort !== undefined)
  return isServer && command === commandsOf(app)[0]
}

function commandsOf(app: string): string[] {
  return [...new Set(examples.filter((each) => each.app === app).map(({ command }) => command))]
}

/** The words of an example; where it asks a server of ours, localhost is the address of that. */
function words({ command, args }: Example, asksOurs: boolean): string[] {
  const local = asksOurs ? args.replaceAll('localhost', address) : args
  const files = local
    .replace('/etc/inetd.conf', INETD_SAMPLE)
    .replaceAll(/\w+\.jsonl/g, RUN)
    .replace('run.html', join(folder, 'run.html'))
  return [command, ...files.split(' ').filter(Boolean)]
}

function serversFor({ app, command, args }: Example): Promise<RunningApp[]> {
  const [first] = args.split(' ')
  const others = SERVERS.get(`${app} ${command}`) ?? SERVERS.get(`${app} ${command} ${first}`)
  if (others !== undefined)
    return Promise.all(/localhost|multicast/.test(args) ? others.map(ready) : [])
  const needsOwn = args.includes('localhost') && commandsOf(app)[0] === 'serve'
  return Promise.all(needsOwn ? [ready([app])] : [])
}

async function ready([app = '', ...args]: readonly string[]): Promise<RunningApp> {
  const server = await startApp(app, args, { env })
  await untilReady(server)
  return server
}

function untilReady(app: RunningApp): Promise<unknown> {
  return app.waitForText(READY)
}

async function sendDatagram(): Promise<void> {
  const socket = createSocket('udp4')
  socket.send('hello', 7777, address, () => socket.close())
}

async function sendToGroup(): Promise<void> {
  await using sender = await startApp('multicast-sender', ['--count', '3'], { env })
  await sender.exited
}

test.each(examples)(
  'sockyard $app $command $args',
  async (example) => {
    await using stack = new AsyncDisposableStack()
    const servers = await serversFor(example)
    for (const server of servers) stack.use(server)
    const script = example.app === sockyard.name ? 'scripts/sockyard.ts' : example.app
    await using running = await startApp(script, words(example, servers.length > 0), { env })
    running.stdin.end()
    const send = SENDERS.get(`${example.app} ${example.command}`)
    if (runsUntilStopped(example)) {
      await untilReady(running)
      running.kill('SIGTERM')
    } else if (send !== undefined) {
      await untilReady(running)
      await send()
    }
    const { code } = await running.exited
    const stderr = running.stderr.replace(ADMIN_ADDRESS, '')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(servers.map((server) => server.stderr).join('')).toBe('')
  },
  PATIENCE,
)
