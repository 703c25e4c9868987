import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

import { withoutIpv6 } from '@sockyard/testkit/network'
import { startApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

import {
  configuration,
  datagrams,
  descriptorsOf,
  exchange,
  Inetd,
  next,
  startInetd,
  temporaryFolder,
  visit,
} from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

/** In which table of the kernel's the socket of a program stands: `tcp`, `tcp6`, `udp`, `udp6`. */
function tableOf(pid: number): string | undefined {
  const inode = /socket:\[(\d+)\]/.exec(descriptorsOf(pid)[0] ?? '')?.[1]
  return ['tcp', 'tcp6', 'udp', 'udp6'].find((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').includes(` ${inode} `),
  )
}

it('tcp is a socket for each family at the same port, and a program gets that of its client', async () => {
  await using inetd = await startInetd(['0 stream tcp nowait - /bin/cat'])
  const port = await inetd.port('0/tcp')
  for (const [host, table] of [
    ['127.0.0.1', 'tcp'],
    ['::1', 'tcp6'],
  ] as const) {
    const socket = await visit(host, port)
    socket.write('x')
    await next(socket)
    const { pid } = await inetd.app.waitForLog(
      ({ msg, address }) => msg === 'started' && address === host,
    )
    expect(tableOf(Number(pid))).toBe(table)
    socket.destroy()
  }
})

it('udp is one for each family too, and tcp46 is one for both', async () => {
  const lines = [
    '0 dgram udp wait - /bin/sleep sleep 100',
    '0 stream tcp46 nowait - /bin/cat',
    '0 dgram udp46 wait - internal echo',
  ]
  await using inetd = await startInetd(lines)
  const client = await datagrams('127.0.0.1')
  client.send('x', await inetd.port('0/udp'), '127.0.0.1')
  const { pid } = await inetd.app.waitForLog(({ msg }) => msg === 'started')
  expect(tableOf(Number(pid))).toBe('udp')
  const dual = await inetd.port('0/tcp46')
  for (const host of ['127.0.0.1', '::1']) expect(await exchange(host, dual, 'x')).toBe('x')
  client.send('echo', await inetd.port('0/udp46'), '127.0.0.1')
  expect(String((await once(client, 'message'))[0])).toBe('echo')
  client.close()
})

it.each(['stream tcp nowait - internal echo', 'stream tcp nowait - /bin/cat'])(
  'on a host without IPv6 its other socket is served: %s',
  async (rest) => {
    const file = configuration([`0 ${rest}`])
    const app = await startApp('inetd', ['--config', file], { env: withoutIpv6() })
    await using inetd = new Inetd(app, file)
    expect(await exchange('127.0.0.1', await inetd.port('0/tcp'), 'meow')).toBe('meow')
  },
)

/** Reads its datagram, and answers from a socket of its own at the same port, as busybox's tftpd does. */
const SAME_PORT_PROGRAM = `
import { createSocket } from 'node:dgram'
import { readSync } from 'node:fs'
readSync(0, Buffer.alloc(100))
const { REMOTE_PORT, REMOTE_ADDR } = process.env
const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.bind(Number(process.argv[2]), '127.0.0.1', () =>
  socket.connect(Number(REMOTE_PORT), REMOTE_ADDR, () => socket.send('mine', () => process.exit(0))),
)
`

it('a datagram program may bind the port of its service for one client', async () => {
  const program = join(temporaryFolder(), 'program.mjs')
  writeFileSync(program, SAME_PORT_PROGRAM)
  const port = await freePort()
  await using inetd = await startInetd([
    `127.0.0.1:${port} dgram udp wait - ${process.execPath} node ${program} ${port}`,
  ])
  const client = await datagrams('127.0.0.1')
  const received = once(client, 'message')
  client.send('x', port, '127.0.0.1')
  const { end } = await inetd.app.waitForLog(({ msg }) => msg === 'ended')
  expect(end).toBe('0')
  const [answer, from] = (await received) as [Buffer, { port: number }]
  expect([String(answer), from.port]).toEqual(['mine', port])
  client.close()
})

it('inetd itself takes no port that another program has, even when that one would share it', async () => {
  const other = createSocket({ type: 'udp4', reuseAddr: true }).bind(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address()
  await using inetd = await startInetd([`127.0.0.1:${port} dgram udp wait - /bin/cat`])
  const told = await inetd.app.waitForLog(({ msg }) => msg === 'not served')
  expect(told).toMatchObject({ error: { message: expect.stringContaining('already in use') } })
  other.close()
})

const IDENT2 = '/usr/sbin/ident2'

it.runIf(existsSync(IDENT2))('ident2, which knows IPv4 alone, answers a query', async () => {
  await using inetd = await startInetd([`0 stream tcp nowait - ${IDENT2} ident2 -a`])
  const port = await inetd.port('0/tcp')
  const socket = await visit('127.0.0.1', port)
  socket.write(`${socket.remotePort} , ${socket.localPort}\r\n`)
  // On a socket of IPv6 that takes IPv4 as well it finds no such connection: NO-USER.
  expect(await next(socket)).toContain(`: USERID : UNIX : ${userInfo().username}`)
  socket.destroy()
})

async function freePort(): Promise<number> {
  const socket = await datagrams('127.0.0.1')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
