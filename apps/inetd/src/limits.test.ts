import type { Socket } from 'node:net'

import { expect, it, vi } from 'vitest'

import { datagrams, exchange, next, startInetd, visit } from './inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const LABEL = '127.0.0.1:0/tcp'
const refused = (label: string, reason: string) =>
  `sockyard_inetd_refused_total{service="${label}",reason="${reason}"}`

/** A visitor whose program has answered. */
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
  await enter('127.0.0.1', one, '127.0.0.7')
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

it('a datagram program that reads nothing is started so often for that source, then its datagram is taken away', async () => {
  const lines = ['127.0.0.1:0 dgram udp wait.5 - /bin/true']
  await using inetd = await startInetd(lines)
  const label = '127.0.0.1:0/udp'
  const port = await inetd.port(label)
  const looping = await datagrams('127.0.0.7')
  const other = await datagrams('127.0.0.8')
  looping.send('unread', port, '127.0.0.1')
  await vi.waitUntil(async () => (await inetd.metric(refused(label, 'rate-limited'))) === 1, 10_000)
  const started = () => inetd.metric(`sockyard_inetd_started_total{service="${label}"}`)
  expect(await started()).toBe(5)
  other.send('unread', port, '127.0.0.1')
  await vi.waitUntil(async () => (await started()) === 10, 10_000)
  looping.close()
  other.close()
})

it('who is on the deny list starts nothing', async () => {
  const lines = [
    '127.0.0.1:0 stream tcp nowait - /bin/cat',
    '127.0.0.2:0 dgram udp wait - /bin/cat',
  ]
  await using inetd = await startInetd(lines, ['--deny', '127.0.0.7'])
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
