import { execFileSync } from 'node:child_process'

import { lookupEvent, type LookupEvent } from '@sockyard/protocol/results'
import { type Ran, runApp } from '@sockyard/testkit/process'
import { describe, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

const lookup = (...args: readonly string[]): Promise<Ran> => runApp('lookup', args)

/** The lines of `--json`, each checked by the published schema. */
async function events(...args: readonly string[]): Promise<LookupEvent[]> {
  const { stdout } = await lookup(...args, '--json')
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => lookupEvent.parse(JSON.parse(line)))
}

async function answers(...args: readonly string[]): Promise<unknown[]> {
  const all = await events(...args)
  return all.filter(({ event }) => event === 'sample').map(({ data }) => data)
}

function getent(...words: readonly string[]): string[] {
  const output = execFileSync('getent', words, { encoding: 'utf8' })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s+/).join(' '))
}

/** The first lines of the text, blanks made one; without the sources. */
function rows(stdout: string): string[] {
  const lines = stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('from '))
  return lines.map((line) => line.trim().split(/\s+/).join(' '))
}

describe('lookup gives the answers of getent', () => {
  test('of all services', async () => {
    const ours = rows((await lookup('services')).stdout)
    const [first = ''] = getent('services')
    expect(ours).toHaveLength(getent('services').length)
    expect(ours[0]?.split(' ').toSorted()).toEqual(first.split(' ').toSorted())
  })

  test('of all protocols and hosts', async () => {
    const theirs = getent('protocols').map((line) => line.replace(/^(\S+) (\d+)/, '$2 $1'))
    expect(rows((await lookup('protocols')).stdout)).toEqual(theirs)
    expect(rows((await lookup('hosts')).stdout)).toEqual(getent('hosts'))
  })

  test('of one service, protocol, host', async () => {
    expect(await answers('service', 'mail')).toEqual([
      { kind: 'service', name: 'smtp', aliases: ['mail'], port: 25, protocol: 'tcp' },
    ])
    expect(await answers('service', '53', 'udp')).toMatchObject([{ name: 'domain' }])
    expect(await answers('protocol', '17')).toMatchObject([{ name: 'udp', aliases: ['UDP'] }])
    const [, name] = getent('hosts', '127.0.0.1')[0]?.split(' ') ?? []
    expect(await answers('host', '127.0.0.1')).toMatchObject([{ name }])
  })
})

test('the source is shown, and which one answered', async () => {
  const { stdout } = await lookup('protocol', 'tcp')
  expect(stdout).toMatch(/^6 +tcp TCP\nfrom protocols: .+ \(.+\), answered by files\n$/)
  const [start, , end] = await events('host', 'localhost', '-4')
  expect(start).toMatchObject({
    data: { sources: [{ database: 'hosts' }], question: ['localhost'] },
  })
  expect(end).toMatchObject({ event: 'end', data: { found: 1, answeredBy: 'files' } })
})

test('getnameinfo’s flags change the answer', async () => {
  expect(await answers('address', '127.0.0.1', '514')).toMatchObject([
    { host: 'localhost', service: 'shell' },
  ])
  const flags = ['--ni-dgram', '--ni-numerichost']
  expect(await answers('address', '127.0.0.1', '514', ...flags)).toMatchObject([
    { host: '127.0.0.1', service: 'syslog' },
  ])
  const { code, stderr } = await lookup('address', '0.0.0.1', '--ni-namereqd')
  expect({ code, stderr: stderr.replace(/AGAIN|NONAME/, 'x') }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^lookup: getnameinfo 0\.0\.0\.1: EAI_x \(.+\)\n$/),
  })
})

test('getaddrinfo’s hints change the answer', async () => {
  const hints = ['--socktype', 'datagram', '--ai-numerichost', '--ai-numericserv']
  expect(await answers('resolve', '192.0.2.7', '53', ...hints)).toEqual([
    {
      kind: 'address',
      family: 'IPv4',
      address: '192.0.2.7',
      port: 53,
      socketType: 'datagram',
      protocolNumber: 17,
      canonicalName: null,
    },
  ])
  expect(
    await answers('resolve', '-', 'echo', '--protocol', 'tcp', '--ai-passive', '-6'),
  ).toMatchObject([{ address: '::', port: 7, protocolNumber: 6 }])
})

test('a failed look-up is the resolver’s own error in one line, and exit code 1', async () => {
  const { code, stdout, stderr } = await lookup('resolve', '127.0.0.1', 'no-such-service')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^lookup: getaddrinfo 127\.0\.0\.1 no-such-service: EAI_SERVICE \(.+\)\n$/)
  const all = await events('resolve', '127.0.0.1', 'no-such-service')
  expect(all.at(-1)).toMatchObject({
    data: { found: 0, error: { errorClass: 'DNS', code: 'EAI_SERVICE' } },
  })
  expect(await lookup('service', 'no-such-service')).toMatchObject({
    code: 1,
    stderr: 'lookup: no-such-service: not found\n',
  })
})

test.each([
  [['service', '70000'], 'NAME|PORT 70000: a number is 0 to 65535'],
  [['address', 'localhost'], 'IP localhost: must be an IPv4 or IPv6 address'],
  [['address', '::1', '70000'], 'PORT 70000: must be 0 to 65535'],
  [['address', '--convert', 'x'], 'IP x: must be an address, a number, or 32 hexadecimal digits'],
  [['resolve', '-', '1', '--ai-canonname'], 'NULL 1: EAI_BADFLAGS (Bad value for ai_flags)'],
  [
    ['resolve', 'x', '--protocol', 'no'],
    '--protocol no: must be a protocol of protocols(5), or 0 to 255',
  ],
  [['options', 'nonsense'], 'WHAT nonsense: must be tcp, udp, HOST:PORT or http://HOST:PORT'],
  [['options', '--set', 'SO_TYPE=1'], '--set SO_TYPE 1: must be omitted: the option is read-only'],
  [
    ['options', '--set', 'SO_NO=1'],
    '--set SO_NO: is not a socket option; `lookup options` lists them',
  ],
  [['options', '--set', 'SO_RCVBUF=x'], '--set SO_RCVBUF x: must be a whole number'],
])('%j is a usage error in one line', async (args, message) => {
  expect(await lookup(...args)).toEqual({ code: 2, stdout: '', stderr: `lookup: ${message}\n` })
})
