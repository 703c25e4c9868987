import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'

import { expect, it, vi } from 'vitest'

import { datagrams, descriptorsOf, exchange, next, startInetd, visit } from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const CAT = '127.0.0.1:0 stream tcp nowait - /bin/cat cat'
const ECHO = '127.0.0.2:0 stream tcp nowait - internal echo'

it('SIGHUP keeps sessions and sockets of unchanged lines, opens new ones and closes removed ones', async () => {
  await using inetd = await startInetd([CAT, ECHO])
  const [cat, echo] = [await inetd.port('127.0.0.1:0/tcp'), await inetd.port('127.0.0.2:0/tcp')]
  const sessions = [await visit('127.0.0.1', cat), await visit('127.0.0.2', echo)]
  for (const session of sessions) {
    session.write('before')
    expect(await next(session)).toBe('before')
  }
  await inetd.reload([CAT, '127.0.0.3:0 stream tcp nowait - internal daytime'])
  for (const session of sessions) {
    session.write('after')
    expect(await next(session)).toBe('after')
  }
  expect(await exchange('127.0.0.1', cat, 'still the same port')).toBe('still the same port')
  const daytime = await inetd.port('127.0.0.3:0/tcp')
  expect(await exchange('127.0.0.3', daytime, '')).toMatch(/^\w+, \w+ \d+, \d{4} .*-UTC\r\n$/)
  await expect(exchange('127.0.0.2', echo, '')).rejects.toThrow('ECONNREFUSED')
})

it('an error in the new file leaves the previous service running, and is logged', async () => {
  await using inetd = await startInetd([CAT, ECHO])
  const [cat, echo] = [await inetd.port('127.0.0.1:0/tcp'), await inetd.port('127.0.0.2:0/tcp')]
  await inetd.reload(['# broken', '127.0.0.1:0 stream tcp nowait - /no/such/cat', 'nonsense'])
  expect(await exchange('127.0.0.1', cat, 'meow')).toBe('meow')
  await expect(exchange('127.0.0.2', echo, '')).rejects.toThrow('ECONNREFUSED')
  const errors = inetd.app.lines.filter(({ msg }) => msg === 'not served')
  expect(errors.map(({ line, field }) => [line, field])).toEqual([
    [2, 'server program'],
    [3, 'socket type'],
  ])
})

it('a missing configuration file changes nothing', async () => {
  await using inetd = await startInetd([CAT])
  const port = await inetd.port('127.0.0.1:0/tcp')
  rmSync(inetd.file)
  inetd.app.kill('SIGHUP')
  await inetd.app.waitForLog(({ msg }) => msg === 'not reloaded')
  expect(await exchange('127.0.0.1', port, 'meow')).toBe('meow')
})

it('a wait program keeps its socket when its line is removed, and inetd closes its own', async () => {
  await using inetd = await startInetd(['127.0.0.1:0 dgram udp wait - /bin/sleep sleep 100'])
  const port = await inetd.port('127.0.0.1:0/udp')
  const client = await datagrams('127.0.0.1')
  client.send('hello', port, '127.0.0.1')
  const { pid } = await inetd.app.waitForLog(({ msg }) => msg === 'started')
  const [socket = ''] = descriptorsOf(Number(pid))
  expect(inetd.descriptors()).toContain(socket)
  await inetd.reload([CAT])
  expect(inetd.descriptors()).not.toContain(socket)
  expect(inetd.children()).toMatchObject([{ pid, state: 'S' }])
  client.close()
})

it('a line of the other family than --host is an error, and the others are served', async () => {
  const lines = ['0 stream tcp6 nowait - internal echo', '0 stream tcp4 nowait - internal daytime']
  await using inetd = await startInetd(lines, ['--host', '127.0.0.1'])
  const told = await inetd.app.waitForLog(({ msg }) => msg === 'not served')
  expect(told).toMatchObject({ line: 1, error: { message: '127.0.0.1 is not an IPv6 address' } })
  expect(await exchange('127.0.0.1', await inetd.port('0/tcp4'), '')).toContain('UTC')
})

it('a port in use is logged with its line, and served after the next SIGHUP when it is free', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const { port } = squatter.address() as { port: number }
  const taken = `127.0.0.1:${port} stream tcp nowait - internal echo`
  await using inetd = await startInetd([ECHO, taken])
  const error = await inetd.app.waitForLog(({ msg }) => msg === 'not served')
  expect(error).toMatchObject({
    line: 2,
    error: { message: `127.0.0.1:${port}: the address is already in use` },
  })
  squatter.close()
  await once(squatter, 'close')
  await inetd.reload([ECHO, taken])
  expect(await exchange('127.0.0.1', port, 'hello')).toBe('hello')
})
