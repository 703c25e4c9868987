import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { type Ran, runApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

/** Less than the time that the name server is waited for. */
vi.setConfig({ testTimeout: 15_000 })

/** Mounts files over those of /etc for programs in the namespace (ip-netns(8)). */
function etc(namespace: string, files: Readonly<Record<string, string>>): void {
  const folder = join('/etc/netns', namespace)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

const HOSTS = `127.0.0.1 localhost
10.77.0.2 many another
fd77::2 many
192.0.2.9 many
2001:db8::5 many
10.77.0.9 only-here alias-of-it # a comment
`
/** No host has this address: a query to it gets no answer. */
const SILENT_ADDRESS = '10.77.0.99'
const SILENT = `nameserver ${SILENT_ADDRESS}\noptions timeout:20 attempts:1\n`

describe.runIf(canMakeNamespaces())('in a network of its own', () => {
  let hosts: TwoHosts
  const lookup = (...args: readonly string[]): Promise<Ran> =>
    runApp('lookup', args, { namespace: hosts.host })

  /** The addresses, the rules, and what is said of Node. */
  async function explained(): Promise<string[]> {
    const { stdout } = await lookup('resolve', 'many', '80', '--socktype', 'stream', '--explain')
    const facts = /^(\S+):80|rule \d+|Node's.+/
    return stdout.split('\n').flatMap((line) => facts.exec(line)?.[0] ?? [])
  }

  beforeAll(() => {
    hosts = twoHosts('sockyard-lookup')
    const neighbour = ['neigh', 'add', SILENT_ADDRESS, 'lladdr', '02:00:00:00:00:99', 'dev', 'eth0']
    execFileSync('ip', ['-n', hosts.host, ...neighbour])
  })

  afterAll(() => {
    rmSync(join('/etc/netns', hosts.host), { recursive: true, force: true })
    hosts[Symbol.dispose]()
  })

  test('the sources are those of nsswitch.conf, and the one that answered is shown', async () => {
    const refusing = 'nameserver 127.0.0.1\n'
    const order = 'hosts: dns files # both\n'
    etc(hosts.host, { hosts: HOSTS, 'nsswitch.conf': order, 'resolv.conf': refusing })
    const { stdout } = await lookup('host', '-4', 'only-here')
    expect(stdout).toContain('10.77.0.9  only-here  alias-of-it\n')
    expect(stdout).toContain('from hosts: dns files (/etc/nsswitch.conf), answered by files\n')
    const { code, stderr } = await lookup('host', 'not-there')
    expect({ code, stderr }).toMatchObject({ code: 1 })
    expect(stderr).toMatch(/^lookup: gethostbyname not-there: (HOST_NOT_FOUND|TRY_AGAIN) \(.+\)\n$/)
  })

  test('each address is shown with the rule of its position, and Node agrees', async () => {
    etc(hosts.host, { hosts: HOSTS, 'nsswitch.conf': 'hosts: files\n', 'gai.conf': '' })
    expect(await explained()).toEqual([
      '[fd77::2]:80',
      'rule 6',
      '10.77.0.2:80',
      'rule 9',
      '192.0.2.9:80',
      'rule 1',
      '[2001:db8::5]:80',
      "Node's dns.lookup order: the same",
    ])
    etc(hosts.host, { hosts: HOSTS, 'gai.conf': 'precedence ::ffff:0:0/96 100\n' })
    expect((await explained()).slice(0, 4)).toEqual([
      '10.77.0.2:80',
      'rule 9',
      '192.0.2.9:80',
      'rule 6',
    ])
  })

  test('a link-local address has a source, and its zone may be a number', async () => {
    const links = JSON.parse(
      execFileSync('ip', ['-n', hosts.peer, '-j', 'addr', 'show', 'eth0'], { encoding: 'utf8' }),
    ) as { addr_info: { scope: string; family: string; local: string }[] }[]
    const linkLocal = links[0]?.addr_info.find(
      ({ scope, family }) => scope === 'link' && family === 'inet6',
    )
    const index = execFileSync('ip', ['-n', hosts.host, '-j', 'link', 'show', 'eth0'])
    const [{ ifindex }] = JSON.parse(String(index)) as [{ ifindex: number }]
    const { stdout } = await lookup('resolve', `${linkLocal?.local}%eth0`, '--explain')
    expect(stdout).toMatch(/source fe80::[\da-f:]+; scope link-local/)
    for (const zone of ['eth0', ifindex]) {
      const named = await lookup('sockname', '-u', `[${linkLocal?.local}%${zone}]:9`)
      expect(named.stdout).toMatch(
        /^udp  local \[fe80::[\da-f:]+%eth0\]:\d+  remote .+%eth0\]:9\n$/,
      )
    }
  }, 60_000)

  test('an answer may be longer than the memory that is first offered', async () => {
    const aliases = Array.from({ length: 300 }, (_, index) => `alias-number-${index}`)
    const line = ['10.77.0.8', 'large', ...aliases].join('  ')
    etc(hosts.host, { hosts: `${line}\n`, 'nsswitch.conf': 'hosts: files\n' })
    expect((await lookup('host', '-4', 'large')).stdout.split('\n')[0]).toBe(line)
  })

  test('Ctrl-C ends a question that no name server answers', async () => {
    etc(hosts.host, { 'nsswitch.conf': 'hosts: dns\n', 'resolv.conf': SILENT })
    const args = ['resolve', 'silent.example', '80', '--json']
    await using app = await startApp('lookup', args, { namespace: hosts.host })
    await app.waitForLog(({ event }) => event === 'start')
    app.kill('SIGINT')
    expect(await app.exited).toMatchObject({ code: 130 })
  })

  test('an empty database is an error', async () => {
    etc(hosts.host, { 'nsswitch.conf': 'services: files\n', services: '' })
    const stderr = 'lookup: services: the database is empty, or libc cannot enumerate it\n'
    expect(await lookup('services')).toEqual({ code: 1, stdout: '', stderr })
  })
})
