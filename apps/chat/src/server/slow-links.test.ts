import { canMakeNamespaces, limitRate, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import {
  canLimitMemory,
  type MemoryCgroup,
  memoryCgroup,
  type RunningApp,
  startApp,
} from '@sockyard/testkit/process'
import { describe, expect, test } from 'vitest'

const HOST = '10.77.0.1'
const SILENT_CLIENTS = 'packages/testkit/src/peers/fixtures/silent-clients.ts'
const MODES = [
  ['with names', ['--rate-limit', '0']],
  ['as a relay', ['--relay']],
] as const

/** Loopback takes megabytes for a client that does not read; a link does not. */
describe.runIf(canMakeNamespaces())('between two hosts', () => {
  test.runIf(canLimitMemory()).each(MODES)(
    '%s: 1,200 clients that speak and never read, in the memory that compose gives, and others are served',
    { timeout: 120_000 },
    async (_, words) => {
      using hosts = twoHosts('chat-memory')
      using cgroup = memoryCgroup('chat')
      await using chat = await startBetween(hosts, { cgroup, words })
      await using crowd = await startApp(SILENT_CLIENTS, [HOST, String(chat.port), '1200'], {
        namespace: hosts.peer,
      })
      await crowd.waitForLog(({ msg }) => msg === 'connected')
      crowd.stdin.write(`${'x'.repeat(280)}\n`)
      await crowd.waitForLog(({ msg }) => msg === 'said')
      await using zoe = await startApp('chat', ['join', `${HOST}:${chat.port}`], {
        namespace: hosts.peer,
      })
      await using max = await startApp('chat', ['join', `${HOST}:${chat.port}`], {
        namespace: hosts.host,
      })
      const isServed = (): boolean => {
        zoe.stdin.write('hello of zoe\n')
        return max.stdout.includes('hello of zoe\n')
      }
      await expect.poll(isServed, { interval: 250, timeout: 20_000 }).toBe(true)
    },
  )

  test(
    'a paste within the limits reaches a reader on 4 Mbit/s whole',
    { timeout: 90_000 },
    async () => {
      using hosts = twoHosts('chat-paste')
      limitRate(hosts.host, '4mbit')
      await using chat = await startBetween(hosts)
      await using reader = await startApp('chat', ['join', `${HOST}:${chat.port}`], {
        namespace: hosts.peer,
      })
      await reader.waitForText(/welcome/)
      await using speaker = await startApp('chat', ['join', `${HOST}:${chat.port}`], {
        namespace: hosts.host,
      })
      await reader.waitForText(/ joined\n/)
      const lines = Array.from({ length: 1_000 }, (_, index) => `${index} `.padEnd(1_024, 'x'))
      speaker.stdin.end(lines.map((line) => `${line}\n`).join(''))
      await reader.waitForText(/: 999 x+\n[^]* left\n/)
      const heard = reader.stdout.match(/^\S+: \d+ x+$/gm) ?? []
      expect(heard.map((line) => line.replace(/^\S+: /, ''))).toEqual(lines)
    },
  )
})

async function startBetween(
  { host: namespace }: TwoHosts,
  { cgroup, words = [] }: { cgroup?: MemoryCgroup; words?: readonly string[] } = {},
): Promise<{ app: RunningApp; port: number } & AsyncDisposable> {
  const args = ['-H', HOST, '-p', '0', '--max-connections-per-address', '2000', ...words]
  const app = await startApp('chat', args, { namespace, ...(cgroup && { cgroup }) })
  const { port } = await app.listening('tcp')
  return { app, port, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}
