// Services that lie to the console: it lives in the memory that compose gives it, and shows the others meanwhile.
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { consoleServices } from '@sockyard/protocol/results'
import { canLimitMemory, memoryCgroup, startApp } from '@sockyard/testkit/process'
import { expect, test, vi } from 'vitest'

import { get, startConsole } from './console.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })
const PATIENCE = { timeout: 60_000, interval: 200 }

/** How a service answers a path; what has no lie is answered as by a service without anything to tell. */
type Lie = Readonly<Record<string, (response: ServerResponse) => void>>

const HONEST: Lie = {
  '/metrics/service': (response) => void response.end('sockyard_up 1\n'),
  '/peers': (response) => void response.end('{"service":"liar","peers":[],"memberships":[]}'),
  '/options': (response) => void response.end('{"sockets":[]}'),
  '/events': (response) => response.flushHeaders(),
}

/** Writes the same as fast as it is taken. */
function endlessly(piece: string | (() => string)): (response: ServerResponse) => void {
  return (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(typeof piece === 'string' ? piece : piece()));
    }
    response.on('drain', more)
    more()
  }
}

let counter = 0
const next = (): number => (counter += 1)
const event = (data: string, id: string | number = next()): string => `id: ${id}\ndata: ${data}\n\n`
const deep = '['.repeat(1_000_000)

const LIES: Readonly<Record<string, Lie>> = {
  'metrics without an end': { '/metrics/service': endlessly('sockyard_a 1\n'.repeat(1_000)) },
  'a line that takes the square of its length': {
    '/metrics/service': (response) => void response.end(`a${' '.repeat(3_000_000)}x y z\n`),
  },
  '100,000 other metrics each time': {
    '/metrics/service': (response) =>
      void response.end(
        Array.from({ length: 100_000 }, () => `sockyard_a{b="${next()}"} 1\n`).join(''),
      ),
  },
  'JSON of a million levels': {
    '/peers': (response) => void response.end(deep),
    '/options': (response) =>
      void response.end(`{"sockets":[],"x":${deep}${']'.repeat(1_000_000)}}`),
  },
  'events of 60 kB, as fast as they are taken': {
    '/events': endlessly(() => event(JSON.stringify({ msg: 'x'.repeat(60_000) }))),
  },
  'small events, as fast as they are taken': {
    '/events': endlessly(() => Array.from({ length: 100 }, () => event('{"msg":"x"}')).join('')),
  },
  'events of 30,000 levels': {
    '/events': endlessly(() => event('['.repeat(30_000) + ']'.repeat(30_000))),
  },
  'ids that no header can hold': {
    '/events': (response) => void response.end(event('{"msg":"x"}', 'a\u0001é☃')),
  },
  'an id of 60 kB': {
    '/events': (response) => void response.end(event('{"msg":"x"}', 'i'.repeat(60_000))),
  },
  'a stream that ends at once, again and again': {
    '/events': (response) => void response.end(),
  },
  'an answer a byte at a time': {
    '/peers': (response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
  },
  'a length that is not so, and half an answer': {
    '/peers': (response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('{')
      response.socket?.end()
    },
  },
  'what is no HTTP': {
    '/peers': (response) => void response.socket?.end('\u0000'.repeat(100_000)),
  },
  'another protocol (101), and hints without an end (103)': {
    '/options': (response) => {
      response.socket?.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      )
    },
    '/peers': (response) => {
      const timer = setInterval(() => response.socket?.write('HTTP/1.1 103 x\r\nA: b\r\n\r\n'), 1)
      response.on('close', () => clearInterval(timer))
    },
  },
}

/** A service that lies when it is asked for one path; `asked` counts how often it was. */
class Liar implements Disposable {
  asked = 0
  readonly #server: Server

  constructor(lie: Lie) {
    this.#server = createServer(({ url = '' }, response) => {
      response.on('error', () => {})
      if (url in lie) this.asked += 1
      const answer = lie[url] ?? HONEST[url]
      if (answer === undefined) response.writeHead(404).end()
      else answer(response)
    })
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

const whatLies = (lie: Lie): string => ('/events' in lie ? 'events' : 'answers')

test.each(['answers', 'events'])('hostile %s, all at once', async (what) => {
  using stack = new DisposableStack()
  const lies = Object.values(LIES).filter((lie) => whatLies(lie) === what)
  const liars = lies.map((lie) => stack.use(new Liar(lie)))
  const urls = await Promise.all(liars.map((liar) => liar.start()))
  await using honest = await startApp('tcp-echo', ['--host', '127.0.0.1', '--port', '0'])
  const id = `127.0.0.1:${await honest.adminPort()}`
  const cgroup = canLimitMemory() && stack.use(memoryCgroup(`lies-${process.pid}-${what}`))
  const services = [...urls, `http://${id}`].flatMap((url) => ['--services', url])
  const { app, port } = await startConsole(services, cgroup ? { cgroup } : {})
  await using _ = app
  const stateOf = async (service: string): Promise<string | undefined> => {
    const { text } = await get(port, '/api/services')
    const answer = consoleServices.parse(JSON.parse(text))
    return answer.services.find((each) => each.id === service)?.state
  }
  const isLiedTo = (): boolean => liars.every(({ asked }) => asked > 0)
  await expect.poll(() => isLiedTo() && stateOf(id), PATIENCE).toBe('up')
  for (const path of ['/api/events?limit=1000', '/api/series', '/api/topology', '/api/services'])
    expect(await get(port, path)).toMatchObject({ status: 200 })
  await expect.poll(() => stateOf(id), PATIENCE).toBe('up')
  expect(app.stderr).toBe('')
  app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 0, signal: null })
})
