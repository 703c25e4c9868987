import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { canMakeNamespaces, PROGRAMS, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const INETD = join(tmpdir(), `sockyard-udp-addresses-${process.pid}.conf`)

/** Every host is a member of these, unasked (RFC 1112, RFC 4291). */
const GROUPS = ['224.0.0.1', 'ff02::1%eth0']
/** Each app with its port and the arguments that it takes. */
const SERVICES: readonly { name: string; port: number; args?: readonly string[] }[] = [
  { name: 'udp-echo', port: 3333 },
  { name: 'sntp-server', port: 123, args: ['--log-level', 'debug'] },
  { name: 'daytime', port: 3013 },
  { name: 'inetd', port: 3007, args: ['--config', INETD] },
]

// Needs root, as CI has it in its container; elsewhere the addresses of one host are not ours to change.
describe.runIf(canMakeNamespaces())('a UDP service on a host with several addresses', () => {
  let hosts: TwoHosts

  beforeAll(async () => {
    hosts = twoHosts('sockyard-udp')
    spawnSync('ip', ['-n', hosts.host, 'addr', 'add', '10.77.0.101/32', 'dev', 'eth0'])
    await writeFile(INETD, '3007 dgram udp wait - internal echo\n')
  })
  afterAll(() => hosts[Symbol.dispose]())

  for (const engine of ['native', 'node'])
    it.each(SERVICES)(
      `$name --engine ${engine} answers from the address that was asked, and nothing sent to many or forged`,
      async ({ name, port, args = [] }) => {
        const options = { namespace: hosts.host }
        await using app = await startApp(name, ['--engine', engine, ...args], options)
        await app.waitForLog(({ msg, transport }) => msg === 'listening' && transport === 'udp')
        const addresses = [
          '10.77.0.1',
          '10.77.0.101',
          'fd77::1',
          '10.77.0.255',
          '255.255.255.255',
          ...GROUPS,
        ]
        const command = [hosts.peer, process.execPath, PROGRAMS.udpPeer, String(port), ...addresses]
        const { stdout, stderr } = spawnSync('ip', ['netns', 'exec', ...command])
        expect(String(stderr)).toBe('')
        expect(JSON.parse(String(stdout))).toEqual({
          '10.77.0.1': '10.77.0.1',
          // Routing would have it answered from 10.77.0.1.
          '10.77.0.101': '10.77.0.101',
          'fd77::1': 'fd77::1',
          '10.77.0.255': null,
          '255.255.255.255': null,
          '224.0.0.1': null,
          'ff02::1%eth0': null,
        })
        // The kernel hands it over, also on a socket of IPv6 alone.
        await app.waitForLog(({ reason }) => reason === 'mapped-source')
      },
    )
})
