import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  basePacketBytes,
  decodeReflectorPacket,
  encodeSenderPacketInto,
  type ReflectorPacket,
  readTlvs,
  type SentTlv,
  STAMP_TLV,
  TLV_FLAG,
  TLV_HEADER_BYTES,
  writeTlvs,
} from '@sockyard/protocol/stamp'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const ESTIMATE = { synchronized: false, ptp: false, scale: 32, multiplier: 1 }
const PATIENCE = { timeout: 20_000 }

async function reflector(...args: string[]) {
  const app = await startApp('survey', ['reflect', '--port', '0', '--host', '127.0.0.1', ...args])
  const { port } = await app.listening()
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const close = async (): Promise<void> => {
    socket.close()
    await app[Symbol.asyncDispose]()
  }
  return { app, port, socket, [Symbol.asyncDispose]: close }
}

function request(sequence: number, tlvs: readonly SentTlv[], key?: Uint8Array): Uint8Array {
  const base = basePacketBytes(key)
  const sizes = tlvs.map(({ value }) => TLV_HEADER_BYTES + value.length)
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, base))
  const own = { sequence, timestamp: 1n << 63n, errorEstimate: ESTIMATE, sessionId: 5 }
  encodeSenderPacketInto(own, bytes, key)
  writeTlvs(tlvs, bytes.subarray(base))
  return bytes
}

async function ask(socket: Socket, port: number, bytes: Uint8Array): Promise<Buffer> {
  const answer = once(socket, 'message')
  socket.send(bytes, port, '127.0.0.1')
  return (await answer)[0] as Buffer
}

function read(bytes: Uint8Array, key?: Uint8Array): ReflectorPacket {
  const decoded = decodeReflectorPacket(bytes, key)
  if (!decoded.ok) throw decoded.error
  return decoded.value
}

const TLVS = [
  { type: STAMP_TLV.classOfService, value: new Uint8Array(4) },
  { type: STAMP_TLV.location, value: new Uint8Array(4) },
  { type: STAMP_TLV.directMeasurement, value: new Uint8Array(12) },
  { type: STAMP_TLV.extraPadding, value: new Uint8Array(100) },
]

describe.each(['native', 'node'])('survey reflect --engine %s', (engine) => {
  it('answers a test packet with as many bytes, its times, and the ports as they arrived', async () => {
    await using server = await reflector('--engine', engine)
    const { socket, port } = server
    const sent = request(7, TLVS)
    const bytes = await ask(socket, port, sent)
    expect(bytes.length).toBe(sent.length)
    const answer = read(bytes)
    expect(answer).toMatchObject({ sequence: 7, sessionId: 5, sender: { sequence: 7 } })
    expect(answer.timestamp).toBeGreaterThanOrEqual(answer.receiveTimestamp)
    const [classOfService, location, counts] = readTlvs(bytes.subarray(44))
    const ports = Buffer.from(location?.value ?? [])
    expect([ports.readUInt16BE(0), ports.readUInt16BE(2)]).toEqual([port, socket.address().port])
    const knows = engine === 'native'
    expect(classOfService?.flags).toBe(knows ? 0 : TLV_FLAG.unrecognized)
    expect(counts?.flags).toBe(TLV_FLAG.unrecognized)
    expect(answer.senderTtl === 255).toBe(!knows)
  })

  it('answers nothing that is no request, an answer least of all', async () => {
    await using server = await reflector('--engine', engine)
    const { app, socket, port } = server
    const got: Buffer[] = []
    const answer = await ask(socket, port, request(1, []))
    socket.on('message', (bytes) => got.push(bytes))
    socket.send(answer, port, '127.0.0.1')
    socket.send(request(1, []).subarray(0, 43), port, '127.0.0.1')
    const refused = (): number => app.lines.filter((line) => line['reason'] === 'malformed').length
    await expect.poll(refused, PATIENCE).toBe(2)
    expect(got).toEqual([])
  })
})

it('native: tells the TTL of a request', async () => {
  await using server = await reflector('--engine', 'native')
  const { socket, port } = server
  socket.setTTL(33)
  expect(read(await ask(socket, port, request(1, TLVS))).senderTtl).toBe(33)
})

it('--stateful: numbers its answers itself, so that loss there is told from loss back', async () => {
  await using server = await reflector('--stateful')
  const { socket, port } = server
  const numbers = []
  for (const sequence of [0, 3, 4])
    numbers.push(read(await ask(socket, port, request(sequence, TLVS))).sequence)
  expect(numbers).toEqual([0, 1, 2])
})

it('--key-file: answers what was made with the key, and signs it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stamp-'))
  const file = join(folder, 'key')
  const key = new Uint8Array(32).fill(7)
  writeFileSync(file, key)
  await using server = await reflector('--key-file', file)
  const { app, socket, port } = server
  expect(read(await ask(socket, port, request(1, [], key)), key).sender.sequence).toBe(1)
  socket.send(request(2, [], new Uint8Array(32).fill(8)), port, '127.0.0.1')
  await app.waitForLog((line) => line['reason'] === 'malformed')
  rmSync(folder, { recursive: true })
})

it('refuses a key that is too short, or not there, in one line', async () => {
  for (const file of ['/dev/null', '/nonexistent']) {
    const { code, stderr } = await runApp('survey', ['reflect', '--key-file', file])
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
    expect(stderr).toContain(`--key-file ${file}`)
  }
})
