import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { now } from '@sockyard/net/clock'
import { type NtpKey, verifyMac } from '@sockyard/protocol/ntp'
import { sendFromManySources } from '@sockyard/testkit/peers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { Client, decoded, metric, requestWith, startServer } from './client.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const TRANSMIT = 0x1234_5678_9abc_def0n
const aes: NtpKey = {
  id: 1,
  type: 'AES128',
  secret: Uint8Array.fromHex('00112233445566778899aabbccddeeff'),
}
const sha: NtpKey = { id: 7, type: 'SHA256', secret: new TextEncoder().encode('yard') }
let folder = ''
let keyFile = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sntp-server-'))
  keyFile = join(folder, 'keys')
  await writeFile(keyFile, '1 AES128 HEX:00112233445566778899aabbccddeeff\n7 SHA256 ASCII:yard\n')
})
afterAll(() => rm(folder, { recursive: true }))

/** A socket that hears one address on the loopback interface. */
async function receiver(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true }).bind(port, address)
  await once(socket, 'listening')
  return socket
}

describe('an answer', () => {
  it('has the time of the system clock, and repeats what the client sent bit for bit', async () => {
    await using server = await startServer('--stratum', '3')
    using client = await Client.open(server.port)
    const before = now()
    const reply = decoded(await client.ask(requestWith({ version: 3, poll: 7 })))
    const after = now()
    expect(reply).toMatchObject({ leap: 0, version: 3, mode: 4, stratum: 3, poll: 7 })
    expect(reply).toMatchObject({ originRaw: TRANSMIT, referenceId: { text: '127.127.1.1' } })
    const times = [before, reply.receiveAt ?? 0n, reply.transmitAt ?? 0n, after]
    expect(times.toSorted((a, b) => Number(a - b))).toEqual(times)
    expect(reply.rootDispersionNanos).toBeGreaterThan(10_000_000n)
    expect(reply.precision).toBeLessThan(-10)
  })

  it('announces an unsynchronised clock unless --stratum is set', async () => {
    await using server = await startServer()
    using client = await Client.open(server.port)
    const reply = decoded(await client.ask(requestWith()))
    expect(reply).toMatchObject({ leap: 3, stratum: 0, referenceAt: null })
    expect(server.app.lines.some(({ msg }) => String(msg).startsWith('unsynchronised'))).toBe(true)
  })

  it('comes over IPv6 too', async () => {
    await using server = await startServer('--host', '::', '--stratum', '2')
    const socket = createSocket('udp6')
    socket.send(requestWith(), server.port, '::1')
    const [bytes] = await once(socket, 'message')
    socket.close()
    expect(decoded(bytes)).toMatchObject({ mode: 4, originRaw: TRANSMIT })
  })

  it.each([aes, sha])('is signed with the key of the request: $type', async (key) => {
    await using server = await startServer('--stratum', '3', '--keys', keyFile)
    using client = await Client.open(server.port)
    const request = requestWith({}, key)
    const reply = await client.ask(request)
    expect(verifyMac(key, decoded(reply))).toBe(true)
    expect(reply.length).toBe(request.length)
  })

  it('is never longer than the request, extension fields or not', async () => {
    await using server = await startServer('--keys', keyFile, '--rate-limit', '0')
    using client = await Client.open(server.port)
    const extensions = [{ type: 0x0104, value: new Uint8Array(28) }]
    const requests = [requestWith(), requestWith({ extensions }), requestWith({ extensions }, aes)]
    for (const request of requests)
      expect((await client.ask(request)).length).toBeLessThanOrEqual(request.length)
  })
})

describe('silence', () => {
  it('is what everything but a good request gets, each counted under its reason', async () => {
    await using server = await startServer('--keys', keyFile, '--rate-limit', '0')
    using client = await Client.open(server.port)
    const wrong = { keyId: 1, digest: new Uint8Array(16) }
    const datagrams = [
      new Uint8Array(),
      new Uint8Array(47),
      new Uint8Array(1_400).fill(0x23),
      ...[0, 1, 2, 4, 5, 6, 7].map((mode) => requestWith({ mode })),
      ...[0, 5, 7].map((version) => requestWith({ version })),
      requestWith({ mac: wrong }),
      requestWith({ mac: { ...wrong, keyId: 99 } }),
    ]
    for (const datagram of datagrams) await client.send(datagram)
    // One process answers in order: once this came, nothing else will.
    expect(decoded(await client.ask(requestWith())).mode).toBe(4)
    expect(client.received).toHaveLength(1)
    const verdicts = await metric(server.app, 'sockyard_sntp_verdicts_total')
    const counted = Object.fromEntries([...verdicts].filter(([, count]) => count > 0))
    expect(counted).toEqual({
      answered: 1,
      malformed: 3,
      mode: 7,
      version: 3,
      'mac-wrong': 1,
      'mac-unknown-key': 1,
    })
  })

  it('is kept towards denied sources, and those not allowed', async () => {
    await using server = await startServer('--allow', '127.0.0.0/8', '--deny', '127.0.0.2')
    using denied = await Client.open(server.port, '127.0.0.2')
    using allowed = await Client.open(server.port, '127.0.0.3')
    await denied.send(requestWith())
    await allowed.ask(requestWith())
    expect(denied.received).toHaveLength(0)
    const verdicts = await metric(server.app, 'sockyard_sntp_verdicts_total')
    expect(verdicts.get('denied')).toBe(1)
  })

  it('follows a burst of 8, broken for about 1 request in 4, and only for that source', async () => {
    await using server = await startServer()
    using flooding = await Client.open(server.port)
    using other = await Client.open(server.port, '127.0.0.9')
    for (let request = 0; request < 808; request += 1) await flooding.send(requestWith())
    await other.ask(requestWith())
    const verdicts = await metric(server.app, 'sockyard_sntp_verdicts_total')
    const leaked = verdicts.get('leaked') ?? 0
    expect(leaked).toBeGreaterThan(800 / 4 - 75)
    expect(leaked).toBeLessThan(800 / 4 + 75)
    expect(verdicts.get('rate-limited')).toBe(800 - leaked)
    await expect.poll(() => flooding.received.length).toBe(8 + leaked)
  })

  it('after a flood from 100,000 sources a new client is served', async () => {
    await using server = await startServer()
    const read = async (): Promise<number> => {
      const verdicts = await metric(server.app, 'sockyard_sntp_verdicts_total')
      return verdicts.values().reduce((sum, count) => sum + count, 0)
    }
    await sendFromManySources(100_000, server.port, requestWith(), (sent) =>
      expect.poll(read, { timeout: 15_000 }).toBeGreaterThan(sent * 0.9),
    )
    using client = await Client.open(server.port, '127.0.0.2')
    const ask = async (): Promise<number> => {
      await client.send(requestWith())
      return client.received.length
    }
    // In the second of the flood the share of new sources is used up.
    await expect.poll(ask, { timeout: 10_000, interval: 500 }).toBeGreaterThan(0)
  })

  it('does not flood the log', async () => {
    await using server = await startServer('--log-level', 'debug')
    using client = await Client.open(server.port)
    for (let datagram = 0; datagram < 500; datagram += 1) await client.send(new Uint8Array(3))
    await client.ask(requestWith())
    const lines = server.app.lines.filter(({ msg }) => msg === 'not answered')
    expect(lines.length).toBeLessThan(100)
  })
})

describe('a broadcast', () => {
  it('goes to addresses and groups at an interval, from the port of the server, signed', async () => {
    const listening = await receiver('224.0.1.1', 0)
    listening.addMembership('224.0.1.1', '127.0.0.1')
    const { port } = listening.address()
    const other = await receiver('127.255.255.255', port)
    const heard: { mode: number; sentFrom: number; signed: boolean; late: boolean }[] = []
    const hear = (bytes: Uint8Array, from: { port: number }): void => {
      const packet = decoded(bytes)
      const late = packet.transmitAt === null || now() - packet.transmitAt > 5_000_000_000n
      heard.push({ mode: packet.mode, sentFrom: from.port, signed: verifyMac(aes, packet), late })
    }
    const both = [listening, other].map(async (socket) => {
      socket.on('message', hear)
      for (let count = 0; count < 3; count += 1) await once(socket, 'message')
    })
    const options = ['--port', String(port), '--interface', '127.0.0.1', '--interval', '100ms']
    const targets = ['--group', '224.0.1.1', '--broadcast', '127.255.255.255']
    await using _server = await startServer(...options, ...targets, '--keys', keyFile, '--key', '1')
    await Promise.all(both)
    listening.close()
    other.close()
    expect(new Set(heard.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ mode: 5, sentFrom: port, signed: true, late: false })]),
    )
  })
})
