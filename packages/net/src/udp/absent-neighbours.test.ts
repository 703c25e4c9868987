import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { canMakeNamespaces, PROGRAMS, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const INETD = join(tmpdir(), `sockyard-absent-neighbours-${process.pid}.conf`)
const SECONDS = 8

/** Each app with its port, what the forged questions are, and how many come in a second. */
const ATTACKS = [
  { name: 'udp-echo', port: 3333, args: [], perSecond: 3, bytes: 60_000 },
  { name: 'inetd', port: 3007, args: ['--config', INETD], perSecond: 3, bytes: 60_000 },
  { name: 'udp-echo', port: 3333, args: [], perSecond: 400, bytes: 48 },
  { name: 'sntp-server', port: 123, args: ['--stratum', '2'], perSecond: 400, bytes: 48 },
  { name: 'daytime', port: 3013, args: [], perSecond: 400, bytes: 48 },
]

// Needs root, as CI has it in its container.
describe.runIf(canMakeNamespaces())('while absent neighbours are answered', () => {
  let hosts: TwoHosts

  beforeAll(async () => {
    hosts = twoHosts('sockyard-absent')
    spawnSync('ip', ['-n', hosts.host, 'route', 'add', '10.77.1.0/24', 'via', '10.77.0.2'])
    spawnSync('ip', ['-n', hosts.peer, 'addr', 'add', '10.77.1.1/24', 'dev', 'lo'])
    spawnSync('ip', ['-n', hosts.peer, 'route', 'add', 'local', '10.77.1.0/24', 'dev', 'lo'])
    await writeFile(INETD, '3007 dgram udp wait - internal echo\n')
  })
  afterAll(() => hosts[Symbol.dispose]())

  for (const engine of ['native', 'node'])
    it.each(ATTACKS)(
      `$name --engine ${engine} answers others: $perSecond a second of $bytes B`,
      async ({ name, port, args, perSecond, bytes }) => {
        const options = { namespace: hosts.host }
        await using app = await startApp(name, ['--engine', engine, ...args], options)
        await app.waitForLog(({ msg, transport }) => msg === 'listening' && transport === 'udp')
        const command = [
          process.execPath,
          PROGRAMS.absentNeighbours,
          port,
          perSecond,
          bytes,
          SECONDS,
        ].map(String)
        const attack = spawn('ip', ['netns', 'exec', hosts.peer, ...command])
        const [stdout, stderr] = await Promise.all([
          text(attack.stdout),
          text(attack.stderr),
          once(attack, 'exit'),
        ])
        expect(stderr).toBe('')
        const { asked, inTime } = JSON.parse(stdout) as { asked: number; inTime: number }
        expect(asked).toBeGreaterThan(20)
        expect(inTime / asked).toBeGreaterThan(0.9)
      },
    )
})
