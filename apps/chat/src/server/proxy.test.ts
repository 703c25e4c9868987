import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { encodeProxyHeader } from '@sockyard/protocol/proxy'
import { expect, test } from 'vitest'

import { metric, Peer, peer, startChat } from '../chat.testing.ts'

const LOCAL = { address: Uint8Array.of(127, 0, 0, 1), port: 2020 }
const headerOf = (last: number): Uint8Array =>
  encodeProxyHeader({ address: Uint8Array.of(192, 0, 2, last), port: 4711 }, LOCAL)

async function peerFrom(localAddress: string, port: number): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
  const connecting = new Peer(socket)
  await once(socket, 'connect')
  return connecting
}

test('behind a proxy the client is who the header tells: in the log, for access lists and limits', async () => {
  const limits = ['--deny', '192.0.2.9', '--max-connections-per-address', '1']
  await using chat = await startChat('--proxy-from', '127.0.0.2', ...limits)
  await using anna = await peerFrom('127.0.0.2', chat.port)
  anna.type(headerOf(7)).type('/nick anna\n')
  await anna.hears('is now anna\n')
  const { address } = await chat.app.waitForLog(({ msg }) => msg === 'joined')
  expect(address).toBe('192.0.2.7')
  await using same = await peerFrom('127.0.0.2', chat.port)
  same.type(headerOf(7))
  await same.hears('* too many connections from your address')
  await using denied = await peerFrom('127.0.0.2', chat.port)
  denied.type(headerOf(9))
  await denied.hears('* connections from your address are not allowed')
  await using direct = await peer(chat.port)
  direct.type(headerOf(8)).type('hello\n')
  await anna.hears(/: .*hello\n/)
  const { address: own } = await chat.app.waitForLog(({ address: each }) => each === '127.0.0.1')
  expect(own).toBe('127.0.0.1')
})

test('a proxy that does not send the header is rejected, counted and logged', async () => {
  await using chat = await startChat('--proxy-from', '127.0.0.2')
  await using plain = await peerFrom('127.0.0.2', chat.port)
  plain.type('hello\n')
  await plain.closed
  expect(plain.heard).toBe('')
  const line = await chat.app.waitForLog(({ msg }) => msg === 'refused')
  expect(line).toMatchObject({ address: '127.0.0.2', reason: 'proxy-header-malformed' })
  const refused = 'sockyard_tcp_refused_total{reason="proxy-header-malformed"}'
  expect(await metric(chat.app, refused)).toBe(1)
})

const hasHaproxy = spawnSync('which', ['haproxy']).status === 0
if (!hasHaproxy) process.stderr.write('proxy.test.ts: a test is skipped, there is no haproxy\n')

test.runIf(hasHaproxy)('HAProxy with send-proxy-v2, TLVs and health checks', async () => {
  await using chat = await startChat('--proxy-from', '127.0.0.1')
  const words = 'send-proxy-v2 proxy-v2-options crc32c check check-send-proxy inter 100ms'
  await using proxy = await startHaproxy(`127.0.0.1:${chat.port} ${words}`)
  await using anna = await peerFrom('127.0.0.77', proxy.port)
  anna.type('/nick anna\n')
  await anna.hears('is now anna\n')
  const line = await chat.app.waitForLog(({ address }) => address === '127.0.0.77')
  expect(line).toMatchObject({ msg: 'joined' })
  anna.type('/quit\n')
  await anna.hears('* goodbye\n')
  await anna.closed
  expect(await metric(chat.app, 'sockyard_tcp_refused_total{reason="proxy-header-missing"}')).toBe(
    0,
  )
})

/**
 * The listening socket is made here: at no moment is the port anyone else's.
 *
 * @param server what the configuration has behind `server chat`
 */
async function startHaproxy(server: string): Promise<{ port: number } & AsyncDisposable> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const timeouts = ['connect 10s', 'client 60s', 'server 60s'].map((each) => `timeout ${each}`)
  const listen = ['listen chat', 'mode tcp', ...timeouts, 'bind fd@3', `server chat ${server}`]
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-'))
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, `${listen.join('\n')}\n`)
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle
  const child = spawn('haproxy', ['-q', '-db', '-f', file], {
    stdio: ['ignore', 'inherit', 'inherit', fd],
  })
  const exited = once(child, 'exit')
  listener.close()
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}
