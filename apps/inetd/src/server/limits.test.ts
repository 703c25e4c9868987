import type { Socket } from 'node:net'

import { sendFromManySources } from '@sockyard/testkit/peers'
import { runApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

import { datagrams, exchange, next, startInetd, visit } from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const LABEL = '127.0.0.1:0/tcp'
const refused = (label: string, reason: string) =>
  `sockyard_inetd_refused_total{service="${label}",reason="${reason}"}`

/** A client whose program has answered. */
async function enter(host: string, port: number, from: string): Promise<Socket> {
  const socket = await visit(host, port, from)
  socket.write('x')
  await next(socket)
  return socket
}

it('a source that comes too often is slowed down, and another is served meanwhile', async () => {
  await using inetd = await startInetd(['127.0.0.1:0 stream tcp nowait.3 - /bin/cat'])
  const port = await inetd.port(LABEL)
  const from = (address: string) => exchange('127.0.0.1', port, 'meow', address).catch(() => '')
  const answers: string[] = []
  for (let visits = 0; visits < 10; visits += 1) answers.push(await from('127.0.0.7'))
  expect(answers.filter((answer) => answer === 'meow')).toHaveLength(3)
  expect(await inetd.metric(refused(LABEL, 'rate-limited'))).toBe(7)
  expect(await from('127.0.0.8')).toBe('meow')
})

it('so many programs of a service run at once, so many for an address, and so many in all', async () => {
  const lines = [
    '127.0.0.1:0 stream tcp nowait/2 - /bin/cat',
    '127.0.0.2:0 stream tcp nowait/0/0/1 - /bin/cat',
  ]
  await using inetd = await startInetd(lines, ['--max-children', '4'])
  const [one, two] = [await inetd.port(LABEL), await inetd.port('127.0.0.2:0/tcp')]
  const first = await enter('127.0.0.1', one, '127.0.0.7')
  await enter('127.0.0.1', one, '127.0.0.8')
  await exchange('127.0.0.1', one, '').catch(() => '')
  expect(await inetd.metric(refused(LABEL, 'too-many-of-service'))).toBe(1)
  await enter('127.0.0.2', two, '127.0.0.7')
  await exchange('127.0.0.2', two, '', '127.0.0.7').catch(() => '')
  expect(await inetd.metric(refused('127.0.0.2:0/tcp', 'too-many-from-address'))).toBe(1)
  await enter('127.0.0.2', two, '127.0.0.8')
  await exchange('127.0.0.2', two, '', '127.0.0.9').catch(() => '')
  expect(await inetd.metric(refused('127.0.0.2:0/tcp', 'too-many'))).toBe(1)
  expect(await inetd.metric(`sockyard_inetd_running{service="${LABEL}"}`)).toBe(2)
  first.end()
  await inetd.app.waitForLog(({ msg }) => msg === 'ended')
  expect(await exchange('127.0.0.1', one, 'room again', '127.0.0.9')).toBe('room again')
})

it.each([
  ['20 of one line', ['127.0.0.1:0 stream tcp nowait/20 - /bin/cat'], [], 20],
  ['4 in all', ['1', '2'].map((n) => `127.0.0.${n}:0 stream tcp nowait - /bin/cat`), ['4'], 4],
])('an address with idle connections leaves room for others: %s', async (_, lines, most, count) => {
  const args = most.flatMap((maximum) => ['--max-children', maximum])
  await using inetd = await startInetd(lines, args)
  const hosts = lines.map((line) => line.slice(0, 9))
  for (let idle = 0; idle < count; idle += 1) {
    const host = hosts[idle % hosts.length] ?? ''
    const port = await inetd.port(`${host}:0/tcp`)
    await visit(host, port, '127.0.0.7')
  }
  for (const host of hosts) {
    const port = await inetd.port(`${host}:0/tcp`)
    expect(await exchange(host, port, 'meow', '127.0.0.8').catch(() => '')).toBe('meow')
  }
})

it('so many connections of all services together are served, and so many of one address', async () => {
  const hosts = ['127.0.0.1', '127.0.0.2']
  const lines = hosts.map((host) => `${host}:0 stream tcp nowait - internal echo`)
  const limits = ['--max-connections', '3', '--max-connections-per-address', '2']
  await using inetd = await startInetd(lines, limits)
  const [one = 0, two = 0] = await Promise.all(hosts.map((host) => inetd.port(`${host}:0/tcp`)))
  await enter('127.0.0.1', one, '127.0.0.7')
  const second = await enter('127.0.0.2', two, '127.0.0.7')
  expect(await exchange('127.0.0.1', one, 'x', '127.0.0.7').catch(() => '')).toBe('')
  expect(await inetd.metric(refused(LABEL, 'too-many-from-address'))).toBe(1)
  await enter('127.0.0.1', one, '127.0.0.8')
  expect(await exchange('127.0.0.2', two, 'x', '127.0.0.9').catch(() => '')).toBe('')
  expect(await inetd.metric(refused('127.0.0.2:0/tcp', 'too-many'))).toBe(1)
  second.destroy()
  const again = () => exchange('127.0.0.2', two, 'x', '127.0.0.9').catch(() => '')
  await expect.poll(again, { timeout: 10_000 }).toBe('x')
})

it('a datagram that its program does not read starts it once, and is discarded', async () => {
  await using inetd = await startInetd(['127.0.0.1:0 dgram udp wait - /bin/true'])
  const label = '127.0.0.1:0/udp'
  const port = await inetd.port(label)
  const started = () => inetd.metric(`sockyard_inetd_started_total{service="${label}"}`)
  const unread = () => inetd.metric(refused(label, 'unread'))
  const [one, other] = [await datagrams('127.0.0.7'), await datagrams('127.0.0.8')]
  one.send('unread', port, '127.0.0.1')
  await vi.waitUntil(async () => (await unread()) === 1, 10_000)
  other.send('unread', port, '127.0.0.1')
  await vi.waitUntil(async () => (await unread()) === 2, 10_000)
  expect(await started()).toBe(2)
  one.close()
  other.close()
})

it('a flood from many sources does not start a program that reads nothing for each of them', async () => {
  const label = '127.0.0.1:0/udp'
  await using inetd = await startInetd(['127.0.0.1:0 dgram udp wait - /bin/true'])
  const port = await inetd.port(label)
  await sendFromManySources(300, port, 'unread', async () => {})
  const started = () => inetd.metric(`sockyard_inetd_started_total{service="${label}"}`)
  await vi.waitUntil(async () => (await started()) >= 3, 10_000)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect(await started()).toBeLessThan(30)
})

it.each(['true', 'false'])(
  'a connection that its program does not accept does not start /bin/%s again and again',
  async (program) => {
    await using inetd = await startInetd([`127.0.0.1:0 stream tcp wait - /bin/${program}`])
    const client = await visit('127.0.0.1', await inetd.port(LABEL))
    const started = () => inetd.metric(`sockyard_inetd_started_total{service="${LABEL}"}`)
    await vi.waitUntil(async () => (await started()) >= 2, 10_000)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await started()).toBeLessThan(10)
    client.destroy()
  },
)

it('a program that reads is started for each datagram, also for equal ones of one client', async () => {
  const label = '127.0.0.1:0/udp'
  const once = `/bin/sh sh -c 'head -c 1 >/dev/null'`
  await using inetd = await startInetd([`127.0.0.1:0 dgram udp wait - ${once}`])
  const client = await datagrams('127.0.0.7')
  const port = await inetd.port(label)
  for (let sent = 0; sent < 10; sent += 1) client.send('the same', port, '127.0.0.1')
  const ended = `sockyard_inetd_ended_total{service="${label}",end="0"}`
  await vi.waitUntil(async () => (await inetd.metric(ended)) === 10, 10_000)
  expect(await inetd.metric(refused(label, 'unread'))).toBe(0)
  client.close()
})

it('with --deny or --allow a stream that its program accepts itself is not served, and --check says so', async () => {
  const lines = [
    '127.0.0.1:0 stream tcp wait - /bin/cat',
    '127.0.0.2:0 stream tcp nowait - /bin/cat',
  ]
  const lists = ['--deny', '127.0.0.7']
  await using inetd = await startInetd(lines, lists)
  const told = await inetd.app.waitForLog(({ msg }) => msg === 'not served')
  expect(told).toMatchObject({ line: 1, field: 'wait/nowait' })
  expect(told).toMatchObject({
    error: { message: expect.stringContaining('--allow and --deny cannot hold') },
  })
  expect(await exchange('127.0.0.2', await inetd.port('127.0.0.2:0/tcp'), 'meow')).toBe('meow')
  const check = await runApp('inetd', ['--config', inetd.file, '--check', ...lists])
  expect(check.code).toBe(2)
  expect(check.stderr).toContain(':1: wait/nowait wait: its program accepts any client')
  expect((await runApp('inetd', ['--config', inetd.file, '--check'])).code).toBe(0)
})

it('a denied client starts no program', async () => {
  const lines = [
    '127.0.0.1:0 stream tcp nowait - /bin/cat',
    '127.0.0.2:0 dgram udp wait - /bin/cat',
  ]
  await using inetd = await startInetd(lines, ['--deny', '127.0.0.7'])
  const warning = await inetd.app.waitForLog(({ level }) => level === 'warn')
  expect(warning).toMatchObject({ service: '127.0.0.2:0/udp', line: 2 })
  expect(warning['msg']).toContain('--allow and --deny')
  const port = await inetd.port(LABEL)
  expect(await exchange('127.0.0.1', port, 'x', '127.0.0.7').catch(() => '')).toBe('')
  const denied = await datagrams('127.0.0.7')
  denied.send('x', await inetd.port('127.0.0.2:0/udp'), '127.0.0.2')
  await vi.waitUntil(
    async () => (await inetd.metric(refused('127.0.0.2:0/udp', 'denied'))) === 1,
    10_000,
  )
  expect(await inetd.metric(refused(LABEL, 'denied'))).toBe(1)
  expect(inetd.children()).toEqual([])
  denied.close()
})

it('SIGTERM lets sessions finish, and exits with 0', async () => {
  await using inetd = await startInetd(['127.0.0.1:0 stream tcp nowait - /bin/cat'])
  const port = await inetd.port(LABEL)
  const socket = await visit('127.0.0.1', port)
  socket.write('before')
  expect(await next(socket)).toBe('before')
  inetd.app.kill()
  await inetd.app.waitForLog(({ msg }) => msg === 'stopping')
  await vi.waitUntil(
    () =>
      exchange('127.0.0.1', port, '').then(
        () => false,
        () => true,
      ),
    5_000,
  )
  socket.write('after')
  expect(await next(socket)).toBe('after')
  socket.end()
  expect(await inetd.app.exited).toEqual({ code: 0, signal: null })
})

it('SIGTERM ends programs that go on after their time, also those that do not listen to it', async () => {
  const deaf = `/bin/sh sh -c 'trap "" TERM; echo in; while :; do sleep 1; done'`
  await using inetd = await startInetd(
    [`127.0.0.1:0 stream tcp nowait - ${deaf}`, '127.0.0.2:0 stream tcp nowait - /bin/cat'],
    ['--drain-timeout', '200ms'],
  )
  const socket = await visit('127.0.0.1', await inetd.port(LABEL))
  expect(await next(socket)).toBe('in\n')
  const cat = await visit('127.0.0.2', await inetd.port('127.0.0.2:0/tcp'))
  cat.write('x')
  await next(cat)
  inetd.app.kill()
  expect(await inetd.app.exited).toEqual({ code: 0, signal: null })
  const ends = inetd.app.lines.filter(({ msg }) => msg === 'ended').map(({ end }) => end)
  expect(new Set(ends)).toEqual(new Set(['SIGKILL', 'SIGTERM']))
})
