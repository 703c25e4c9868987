import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text as readText } from 'node:stream/consumers'

import { startApp } from '@sockyard/testkit/process'
import { expect, it } from 'vitest'

import { keyFile } from '../../testing/switched-hosts.ts'
import { askAgent } from '../mesh/agent-client.ts'
import { probeRefusal } from './agent.ts'
import { readKey } from './key.ts'
import { authenticate, jobParts, newNonce, resultParts } from './messages.ts'

const JOB = {
  targets: ['udp://127.0.0.1:9'],
  profile: 'quick',
  waitMillis: 200,
  idleMillis: [],
} as const
const job = () => ({ ...JOB, targets: [...JOB.targets], idleMillis: [] })
const file = keyFile()
const key = readKey(file)
const OTHER_KEY = Buffer.from('another key of sixteen bytes')

async function agent(...args: string[]) {
  const words = ['agent', '--host', '127.0.0.1', '--port', '0', '--admin-port', '0', ...args]
  const app = await startApp('survey', words)
  const line = await app.waitForLog(
    ({ msg, authenticated }) => msg === 'listening' && authenticated !== undefined,
  )
  const port = Number(line['port'])
  return { app, port, place: { host: '127.0.0.1', port, name: 'it' } }
}

const asking = (given: Uint8Array | undefined) => ({
  key: given,
  waitMillis: 20_000,
  signal: new AbortController().signal,
})

/** What an agent says to a line, and whether it closes the connection afterwards. */
async function say(port: number, line: (nonce: string) => string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const [greeting] = (await once(socket, 'data')) as [Buffer]
  const { nonce } = JSON.parse(String(greeting))
  socket.write(line(nonce))
  return readText(socket)
}

function signed(nonce: string, given: Uint8Array, words: string): string {
  const own = newNonce()
  const mac = authenticate(given, jobParts(nonce, own, words))
  return `${JSON.stringify({ job: words, nonce: own, mac })}\n`
}

it('obeys a coordinator that has its key, and no other', async () => {
  const { app, place, port } = await agent('--key-file', file)
  await using _running = app
  const checks: string[] = []
  await askAgent(place, job(), asking(key), ({ check }) => checks.push(check))
  expect(checks).toContain('udp-loss')
  for (const given of [OTHER_KEY, undefined])
    await expect(askAgent(place, job(), asking(given), () => {})).rejects.toThrow(
      'the agent it refuses the job: it has another key',
    )
  // A job that was overheard is worth nothing at the next nonce.
  const overheard = signed('the nonce of another time', key, JSON.stringify(job()))
  expect(await say(port, () => overheard)).toContain('it has another key')
})

it('without a key does what this host asks, about this host alone', async () => {
  const { app, place } = await agent()
  await using _running = app
  const results: { target: string; verdict: string; summary: string }[] = []
  const targets = ['udp://127.0.0.1:9', 'udp://10.88.0.1']
  await askAgent(place, { ...job(), targets }, asking(undefined), (each) => results.push(each))
  expect(results.find(({ target }) => target === '10.88.0.1')).toMatchObject({
    verdict: 'skipped',
    summary: 'the agent may not probe 10.88.0.1: give it a key file, or --allow for that address',
  })
})

it('with a key probes networks of one’s own, and others only where --allow has them', () => {
  const none = { allow: [], deny: [] }
  expect(probeRefusal(none, key)('10.1.2.3')).toBeUndefined()
  expect(probeRefusal(none, key)('192.0.2.1')).toContain('may not probe 192.0.2.1')
  expect(probeRefusal({ ...none, allow: ['192.0.2.0/24'] }, key)('192.0.2.1')).toBeUndefined()
  expect(probeRefusal({ ...none, deny: ['10.0.0.0/8'] }, key)('10.1.2.3')).toContain('may not')
})

const noJob = (nonce: string) => signed(nonce, key, '{"targets":["http://x"]}')
const noTarget = (nonce: string) =>
  signed(nonce, key, JSON.stringify({ ...job(), targets: ['x:'] }))

it('lives through what is no job', async () => {
  const { app, port } = await agent('--key-file', file)
  await using _running = app
  for (const [line, words] of [
    [() => '\n', 'this is no job'],
    [() => 'GET / HTTP/1.1\r\n\r\n', 'this is no job'],
    [() => 'x'.repeat(100_000), 'this is no job'],
    [() => `${'['.repeat(10_000)}\n`, 'this is no job'],
    [noJob, 'it does not understand the job'],
    [noTarget, 'must be HOST, HOST:PORT'],
  ] as const)
    expect(await say(port, line)).toContain(words)
})

/** An agent with a job that lasts an hour, after the check that comes before the long one. */
async function busyAgent(onIdle: (stop: () => void) => void) {
  const stack = new AsyncDisposableStack()
  const echo = createServer((socket) => void socket.pipe(socket).on('error', () => {}))
  stack.defer(() => void echo.close())
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { app, place } = await agent('--key-file', file)
  stack.use(app)
  const gone = new AbortController()
  const targets = [`tcp://127.0.0.1:${(echo.address() as AddressInfo).port}`]
  const long = { ...job(), targets, waitMillis: 20_000, idleMillis: [3_600_000] }
  const asked = askAgent(place, long, { ...asking(key), signal: gone.signal }, ({ check }) => {
    if (check === 'tcp-path-mtu') onIdle(() => gone.abort(new Error('enough')))
  })
  return { app, place, asked, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

it('does one job at a time', async () => {
  const idle = Promise.withResolvers<() => void>()
  await using busy = await busyAgent(idle.resolve)
  const stop = await idle.promise
  await expect(askAgent(busy.place, job(), asking(key), () => {})).rejects.toThrow(
    'it does another job',
  )
  stop()
  await expect(busy.asked).rejects.toThrow('enough')
})

it('gives a job up when its coordinator is gone', async () => {
  // From within a result: the coordinator must not wait for the next one.
  await using busy = await busyAgent((stop) => stop())
  await expect(busy.asked).rejects.toThrow('enough')
  await busy.app.waitForLog(({ msg, outcome }) => msg === 'job ended' && outcome === 'abandoned')
  await askAgent(busy.place, job(), asking(key), () => {})
})

it.each([
  [
    'of another key',
    (nonce: string, text: string) => authenticate(OTHER_KEY, resultParts(nonce, 0, text)),
  ],
  [
    'of another position',
    (nonce: string, text: string) => authenticate(key, resultParts(nonce, 1, text)),
  ],
  ['of another job', (_: string, text: string) => authenticate(key, resultParts('other', 0, text))],
])('a result with a MAC %s is not believed', async (_, mac) => {
  const liar = createServer((socket) => {
    const hello = {
      agent: 'sockyard-survey',
      version: 1,
      nonce: newNonce(),
      name: null,
      services: ['udp'],
    }
    socket.write(`${JSON.stringify(hello)}\n`)
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      const { nonce } = JSON.parse(String(bytes))
      const result = JSON.stringify({ end: true })
      socket.write(`${JSON.stringify({ result, mac: mac(nonce, result) })}\n`)
    })
  }).listen(0, '127.0.0.1')
  await once(liar, 'listening')
  const address = liar.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const place = { host: '127.0.0.1', port, name: 'liar' }
  await expect(askAgent(place, job(), asking(key), () => {})).rejects.toThrow(
    'the agent liar has another key: its results are not authentic',
  )
  liar.close()
})
