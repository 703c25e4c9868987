// Each service under attacks from another host (packages/testkit/src/attacks): the process lives in the
// memory that compose gives it, others are served meanwhile and afterwards, the log is not flooded, and SIGTERM is
// obeyed. docs/threat-model.md tells what was found.
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { answerCosts, runAttack } from '@sockyard/testkit/attacks'
import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import {
  canLimitMemory,
  type MemoryCgroup,
  memoryCgroup,
  type RunningApp,
  runApp,
  startApp,
} from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const SECONDS = 1
/**
 * Of the service's own time until it answers another client: the promise is 250 ms (docs/threat-model.md), and a core
 * that others use as well is half as fast.
 */
const MOST_MILLIS = 500
const ADMIN_PORT = 9100
/** Of one attack: the log has ten lines a second of each message, whatever peers do. */
const MOST_LINES = 100
const INETD = join(tmpdir(), `sockyard-attacks-${process.pid}.conf`)

/** Where no service answers. */
const NOBODY = 'http://127.0.0.1:1'

const CONFIGURATION = '3017 stream tcp nowait root /bin/cat cat\n'

/** A service as it is attacked, and a client that has to be served. */
interface Target {
  name: string
  args?: readonly string[]
  port: number
  /** Instead of the host's, for a group. */
  address?: string
  /** The command line of the client; none for what has no clients. */
  ask?: string
  /** What another client asks meanwhile (packages/testkit/src/attacks/bystander.ts). */
  question: string
  attacks: readonly string[]
}

const ECHO = '-c 3 -i 100ms -W 10s'

const targets: readonly Target[] = [
  {
    name: 'tcp-echo',
    port: 3111,
    question: 'connect',
    ask: `tcp-echo ping 10.77.0.1 ${ECHO}`,
    attacks: ['synFlood', 'blindResets', 'connectAndReset', 'halfClosed', 'neverRead'],
  },
  {
    name: 'tcp-echo',
    port: ADMIN_PORT,
    question: 'livez',
    ask: `tcp-echo ping 10.77.0.1 ${ECHO}`,
    attacks: [
      'slowHeaders',
      'endlessBody',
      'metricsAgain',
      'strangeRequests',
      'neverRead',
      'manyStreams',
      'pipelined',
    ],
  },
  {
    name: 'console',
    args: ['--host', '10.77.0.1', '--token', 'a-token-of-attacks', '--services', NOBODY],
    port: 3080,
    question: 'page',
    attacks: ['manyStreams', 'pipelined', 'endlessBody'],
  },
  {
    name: 'udp-echo',
    port: 3333,
    question: 'datagram',
    ask: `udp-echo ping 10.77.0.1 ${ECHO}`,
    attacks: [
      'unfinishedFragments',
      'largestFromMany',
      'fromItself',
      'everyFirstByte',
      'noise',
      'forgedIcmp',
    ],
  },
  {
    name: 'chat',
    port: 2020,
    question: 'connect',
    ask: 'chat join 10.77.0.1 --nick zoe',
    attacks: [
      'comeAndGo',
      'renaming',
      'endlessLine',
      'emptyLines',
      'endlessSubnegotiation',
      'hostileText',
      'halfClosed',
      'neverRead',
    ],
  },
  {
    name: 'daytime',
    port: 3013,
    question: 'connect',
    ask: 'daytime query 10.77.0.1 -c 2 -W 10s',
    attacks: ['neverRead', 'everyFirstByte'],
  },
  {
    name: 'inetd',
    args: ['--config', INETD],
    port: 3017,
    question: 'connect',
    ask: `tcp-echo ping 10.77.0.1:3017 ${ECHO}`,
    attacks: ['connectAndReset', 'halfClosed'],
  },
  {
    name: 'sntp-server',
    args: ['--stratum', '2', '--group', '224.0.1.1', '--interval', '1s'],
    port: 123,
    question: 'ntp',
    ask: 'sntp-listener query 10.77.0.1 -c 2 -W 10s',
    attacks: ['everyFirstByte', 'noise', 'controlMessages', 'unaskedReplies'],
  },
  {
    name: 'sctp-echo',
    port: 9899,
    question: 'sctp',
    ask: `sctp-echo ping 10.77.0.1 ${ECHO}`,
    attacks: [
      'noise',
      'forgedIcmp',
      'blindAborts',
      'garbageCookies',
      'strangePackets',
      'insideAssociations',
    ],
  },
  {
    name: 'multicast-receiver',
    args: ['--quiet'],
    port: 4321,
    address: '239.255.43.21',
    question: 'livez',
    attacks: ['manySenders', 'jumpingNumbers', 'noise'],
  },
]

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

/** What is served to another client: `served`, or what the client said. */
async function served(ask: string | undefined, namespace: string): Promise<string> {
  if (ask === undefined) return 'served'
  const [name = '', ...words] = ask.split(' ')
  const stdin = 'hello\n/quit\n'
  const { code, stdout, stderr } = await runApp(name, words, { namespace, stdin })
  return code === 0 ? 'served' : `${code}: ${stdout}${stderr}`
}

// Needs root, as CI has it in its container.
describe.runIf(canMakeNamespaces())('from another host', () => {
  let hosts: TwoHosts

  beforeAll(async () => {
    hosts = twoHosts('sockyard-attacks')
    spawnSync('ip', ['-n', hosts.host, 'route', 'add', '10.77.1.0/24', 'via', '10.77.0.2'])
    spawnSync('ip', ['-n', hosts.peer, 'addr', 'add', '10.77.1.1/24', 'dev', 'lo'])
    spawnSync('ip', ['-n', hosts.peer, 'route', 'add', 'local', '10.77.1.0/24', 'dev', 'lo'])
    await writeFile(INETD, CONFIGURATION)
  })
  afterAll(() => hosts[Symbol.dispose]())

  describe.each(targets)('$name at port $port', (target) => {
    const { name, args = [], port, address = '10.77.0.1', ask, question, attacks } = target
    let app: RunningApp
    let cgroup: MemoryCgroup | undefined

    beforeAll(async () => {
      const env = { SOCKYARD_ADMIN_HOST: '10.77.0.1', SOCKYARD_ADMIN_PORT: String(ADMIN_PORT) }
      if (canLimitMemory()) cgroup = memoryCgroup(`attacks-${process.pid}-${name}-${port}`)
      const options = { namespace: hosts.host, env, ...(cgroup && { cgroup }) }
      app = await startApp(name, args, options)
      await app.waitForLog(({ msg, transport }) => msg === 'listening' && transport === 'http')
    })
    afterAll(async () => {
      await app[Symbol.asyncDispose]()
      cgroup?.[Symbol.dispose]()
    })

    it.each(attacks)('others are served during %s', async (attack) => {
      const attacking = runAttack(hosts.peer, attack, { address, port }, SECONDS)
      const costs = answerCosts(
        hosts.peer,
        {
          question,
          address: '10.77.0.1',
          port: question === 'livez' ? ADMIN_PORT : port,
          pid: app.pid,
        },
        attacking,
      )
      const { answered = 0, asked = 0 } = await attacking
      expect(answered).toBeLessThanOrEqual(asked)
      expect(median(await costs)).toBeLessThan(MOST_MILLIS)
    })

    it('the same process serves on, says little and obeys SIGTERM', async () => {
      expect(await served(ask, hosts.peer)).toBe('served')
      expect(app.stderr).toBe('')
      expect(app.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
      expect(app.lines.length).toBeLessThan(MOST_LINES * attacks.length)
      app.kill('SIGTERM')
      expect(await app.exited).toEqual({ code: 0, signal: null })
    })
  })
})
