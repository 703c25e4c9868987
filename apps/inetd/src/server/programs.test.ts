import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

import { expect, it, vi } from 'vitest'

import {
  datagrams,
  descriptorsOf,
  exchange,
  next,
  startInetd,
  temporaryFolder,
  visit,
} from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const CAT = '127.0.0.1:0 stream tcp nowait - /bin/cat cat'
const SELF = userInfo()

it('a program has the connection as its input, output and error', async () => {
  const script = `/bin/sh sh -c 'read -r line; echo "got $line"; echo problem >&2; exit 3'`
  await using inetd = await startInetd([CAT, `127.0.0.2:0 stream tcp nowait - ${script}`])
  expect(await exchange('127.0.0.1', await inetd.port('127.0.0.1:0/tcp'), 'meow\n')).toBe('meow\n')
  const port = await inetd.port('127.0.0.2:0/tcp')
  expect(await exchange('127.0.0.2', port, 'this\n')).toBe('got this\nproblem\n')
  const ended = await inetd.app.waitForLog(({ msg, end }) => msg === 'ended' && end === '3')
  expect(ended).toMatchObject({ service: '127.0.0.2:0/tcp', address: '127.0.0.1' })
  const service = 'service="127.0.0.2:0/tcp"'
  expect(await inetd.metric(`sockyard_inetd_started_total{${service}}`)).toBe(1)
  expect(await inetd.metric(`sockyard_inetd_ended_total{${service},end="3"}`)).toBe(1)
})

it('a program gets what was sent before it started, whole', async () => {
  await using inetd = await startInetd([CAT])
  const bytes = 'x'.repeat(4_000_000)
  expect(await exchange('127.0.0.1', await inetd.port('127.0.0.1:0/tcp'), bytes)).toBe(bytes)
})

it('a program has its own name, folder, environment and session, and no descriptor but the socket', async () => {
  const script = `echo "$0 $PWD $REMOTE_ADDR $REMOTE_PORT $USER $HOME"; cut -d" " -f1,6 /proc/$$/stat; ls -m /proc/$$/fd; env`
  await using inetd = await startInetd([
    CAT,
    '127.0.0.3:0 dgram udp wait - /bin/cat',
    `127.0.0.2:0 stream tcp nowait - /bin/sh my-shell -c '${script}' my-name`,
  ])
  const socket = await visit('127.0.0.2', await inetd.port('127.0.0.2:0/tcp'), '127.0.0.9')
  const { localPort } = socket
  const answer = await exchange('127.0.0.2', socket.remotePort ?? 0, '')
  socket.resume().end()
  const [facts = '', process = '', descriptors = ''] = answer.split('\n')
  expect(facts).toMatch(new RegExp(`^my-name / 127.0.0.1 \\d+ ${SELF.username} ${SELF.homedir}$`))
  const [pid, session] = process.split(' ')
  expect(session).toBe(pid)
  expect(descriptors).toBe('0, 1, 2')
  expect(answer).not.toContain('ADMIN_PORT')
  expect(localPort).toBeGreaterThan(0)
})

// Only root can change its user; where the tests do not run as root, they are skipped.
it.runIf(SELF.uid === 0)(
  'root starts a program as the user and the group of its line',
  async () => {
    const id = `/bin/sh sh -c 'id -u; id -g; id -G; echo $USER'`
    await using inetd = await startInetd([
      `127.0.0.1:0 stream tcp nowait daemon ${id}`,
      `127.0.0.2:0 stream tcp nowait nobody:daemon ${id}`,
    ])
    const [one, two] = [await inetd.port('127.0.0.1:0/tcp'), await inetd.port('127.0.0.2:0/tcp')]
    expect(await exchange('127.0.0.1', one, '')).toBe('1\n1\n1\ndaemon\n')
    expect(await exchange('127.0.0.2', two, '')).toBe('65534\n1\n1\nnobody\n')
  },
)

it('200 visits leave no zombie and no descriptor', async () => {
  await using inetd = await startInetd([CAT, '127.0.0.2:0 stream tcp wait - /bin/cat'])
  const port = await inetd.port('127.0.0.1:0/tcp')
  const ended = (count: number) =>
    vi.waitUntil(
      async () =>
        (await inetd.metric('sockyard_inetd_ended_total{service="127.0.0.1:0/tcp",end="0"}')) ===
        count,
      10_000,
    )
  await exchange('127.0.0.1', port, 'first')
  await ended(1)
  const before = inetd.descriptors().length
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 10 }, () => exchange('127.0.0.1', port, 'meow')))
  await ended(201)
  expect(inetd.children()).toEqual([])
  await vi.waitUntil(() => inetd.descriptors().length <= before, 10_000)
})

it('a datagram program gets the socket, is waited for, and there is never more than one', async () => {
  const script = `/bin/sh sh -c 'echo start $$; read -r line; echo "$line"; exec cat'`
  await using inetd = await startInetd([
    `127.0.0.1:0 dgram udp wait - /usr/bin/timeout timeout 1 ${script.replace('/bin/sh sh', '/bin/sh')}`,
  ])
  const label = '127.0.0.1:0/udp'
  const port = await inetd.port(label)
  const client = await datagrams('127.0.0.1')
  for (let sent = 0; sent < 20; sent += 1) client.send(`hello ${sent}\n`, port, '127.0.0.1')
  const started = () => inetd.metric(`sockyard_inetd_started_total{service="${label}"}`)
  await inetd.app.waitForLog(({ msg }) => msg === 'started')
  expect(inetd.children()).toHaveLength(1)
  expect(await started()).toBe(1)
  await inetd.app.waitForLog(({ msg }) => msg === 'ended')
  expect(await started()).toBe(1)
  client.send('again\n', port, '127.0.0.1')
  await vi.waitUntil(async () => (await started()) === 2, 10_000)
  client.close()
})

it('a wait program over stream accepts by itself, one process for many clients', async () => {
  const program = [
    `const server = require('node:net').createServer((socket) => {`,
    `  socket.end(String(process.pid)); if (++server.clients === 3) server.close()`,
    `}).listen({ fd: 0 }); server.clients = 0`,
  ].join(' ')
  const line = `${process.execPath} node -e "${program}"`
  await using inetd = await startInetd([`127.0.0.1:0 stream tcp wait - ${line}`])
  const port = await inetd.port('127.0.0.1:0/tcp')
  const first = [1, 2, 3].map(() => exchange('127.0.0.1', port, ''))
  expect(new Set(await Promise.all(first)).size).toBe(1)
  await inetd.app.waitForLog(({ msg, end }) => msg === 'ended' && end === '0')
  const second = [1, 2, 3].map(() => exchange('127.0.0.1', port, ''))
  expect(new Set(await Promise.all([...first, ...second])).size).toBe(2)
})

it('a missing program closes the connection and is counted; once it exists again it is started', async () => {
  const file = join(temporaryFolder(), 'program')
  writeFileSync(file, '#!/bin/cat\n', { mode: 0o755 })
  await using inetd = await startInetd([`127.0.0.1:0 stream tcp nowait - ${file}`])
  const port = await inetd.port('127.0.0.1:0/tcp')
  expect(await exchange('127.0.0.1', port, '')).toBe('#!/bin/cat\n')
  renameSync(file, `${file}.gone`)
  expect(await exchange('127.0.0.1', port, '')).toBe('')
  await inetd.app.waitForLog(({ msg, end }) => msg === 'ended' && end === 'ENOENT')
  renameSync(`${file}.gone`, file)
  expect(await exchange('127.0.0.1', port, '')).toBe('#!/bin/cat\n')
  const ended = 'sockyard_inetd_ended_total{service="127.0.0.1:0/tcp",end="ENOENT"}'
  expect(await inetd.metric(ended)).toBe(1)
})

it('a session is served by the program that was there when it came', async () => {
  await using inetd = await startInetd([CAT])
  const port = await inetd.port('127.0.0.1:0/tcp')
  const socket = await visit('127.0.0.1', port)
  socket.write('one')
  expect(await next(socket)).toBe('one')
  await inetd.reload(['127.0.0.1:0 stream tcp nowait - /bin/echo echo two'])
  expect(await exchange('127.0.0.1', port, '')).toBe('two\n')
  socket.write('three')
  expect(await next(socket)).toBe('three')
  const child = inetd.children()[0]
  expect(descriptorsOf(child?.pid ?? 0)).toHaveLength(3)
  socket.end()
  await once(socket, 'end')
})
