import { execFileSync } from 'node:child_process'

import { expect, it } from 'vitest'

import { gethostbyaddr, gethostbyname, gethostent } from './hosts.ts'
import { addressInfoError, EAI_SYSTEM, ResolverError } from './resolver-error.ts'
import {
  getprotobyname,
  getprotobynumber,
  getprotoent,
  getservbyname,
  getservbyport,
  getservent,
} from './services-protocols.ts'

/** What getent(1) says of a database, a list of words a line. */
function getent(...words: readonly string[]): string[][] {
  const output = execFileSync('getent', words, { encoding: 'utf8' })
  return output.split('\n').flatMap((line) => (line === '' ? [] : [line.trim().split(/\s+/)]))
}

it('the services are those that getent shows, in the same order', () => {
  const services = getservent().map(({ name, port, protocol, aliases }) =>
    [name, `${port}/${protocol}`].concat(aliases),
  )
  expect(services.length).toBeGreaterThan(10)
  expect(services).toEqual(getent('services'))
})

it('the protocols are those that getent shows', () => {
  const protocols = getprotoent().map(({ name, number, aliases }) =>
    [name, String(number)].concat(aliases),
  )
  expect(protocols).toEqual(getent('protocols'))
})

it('the hosts are those that getent shows', () => {
  const hosts = getent('hosts').map(([, ...names]) => names)
  expect(gethostent().map(({ name, aliases }) => [name].concat(aliases))).toEqual(hosts)
})

it('a service is found by name, by alias and by port, with and without a protocol', () => {
  const smtp = { name: 'smtp', aliases: ['mail'], port: 25, protocol: 'tcp' }
  expect(getservbyname('smtp')).toEqual(smtp)
  expect(getservbyname('mail', 'tcp')).toEqual(smtp)
  expect(getservbyport(25, 'tcp')).toEqual(smtp)
  expect(getservbyname('smtp', 'udp')).toBeUndefined()
  expect(getservbyport(25, 'udp')).toBeUndefined()
  expect(getservbyname('no-such-service')).toBeUndefined()
  expect(() => getservbyport(65_536)).toThrow(RangeError)
  expect(() => getservbyname('smtp\0x')).toThrow(TypeError)
})

it('a protocol is found by name, by alias and by number', () => {
  expect(getprotobyname('TCP')).toEqual({ name: 'tcp', aliases: ['TCP'], number: 6 })
  expect(getprotobynumber(17)?.name).toBe('udp')
  expect(getprotobyname('no-such-protocol')).toBeUndefined()
  expect(getprotobynumber(253)).toBeUndefined()
})

it('a host is found by name and by address', async () => {
  const localhost = await gethostbyname('localhost')
  expect(localhost).toMatchObject({ name: 'localhost', family: 'IPv4' })
  expect(localhost.addresses.map(String)).toContain('127,0,0,1')
  const loopback = await gethostbyaddr(Uint8Array.of(127, 0, 0, 1), '127.0.0.1')
  expect(loopback.name).toBe('localhost')
})

it('a name that does not exist is the resolver’s own error', async () => {
  const error = await gethostbyname('no-such-host.invalid').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ResolverError)
  expect(error).toMatchObject({ syscall: 'gethostbyname', values: ['no-such-host.invalid'] })
  expect((error as ResolverError).code).toMatch(/^(HOST_NOT_FOUND|TRY_AGAIN)$/)
})

it('concurrent look-ups do not mix', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `127.0.0.${index + 1}`)
  const hosts = await Promise.all(names.map((name) => gethostbyname(name)))
  expect(hosts.map(({ addresses }) => addresses[0]?.join('.'))).toEqual(names)
})

it('a system error has its errno', async () => {
  expect(addressInfoError('getaddrinfo', EAI_SYSTEM, ['x'], 24)).toMatchObject({
    code: 'EAI_SYSTEM',
    systemCode: 'EMFILE',
  })
  const url = new URL('hosts.ts', import.meta.url).href
  const program = `
    import { openSync } from 'node:fs'
    import { gethostbyname } from '${url}'
    await gethostbyname('127.0.0.1')
    try { for (;;) openSync('/dev/null', 'r') } catch {}
    process.stdout.write(await gethostbyname('host.invalid').catch(String))`
  const shell = 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"'
  const stdout = execFileSync('sh', ['-c', shell, process.execPath, program], { encoding: 'utf8' })
  expect(stdout).toMatch(/gethostbyname host\.invalid: NETDB_INTERNAL, EMFILE \(.+\)$/)
})
