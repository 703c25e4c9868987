import { Forger } from '../network/forge.ts'
import { type Attack, repeat } from './attack.ts'
import { forgedSource } from './udp-attacks.ts'

const HEADER_BYTES = 24
const MAGIC_AND_VERSION = 0x53594d01

/** A datagram as our senders make it, with a number that its forger wants. */
function numbered(sender: number, sequence: bigint, sentAt = 0n): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC_AND_VERSION)
  view.setUint32(4, sender)
  view.setBigUint64(8, BigInt.asUintN(64, sequence))
  view.setBigUint64(16, BigInt.asUintN(64, sentAt))
  return bytes
}

/** A new sender with each datagram. */
const manySenders: Attack = async (group, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 1_000, (number) =>
    forger.send({ from: forgedSource(number), to: group, payload: numbered(number, 0n) }),
  )
}

/** One sender whose numbers and times jump over their whole range. */
const jumpingNumbers: Attack = async (group, signal) => {
  using forger = new Forger('IPv4')
  const jumps = [0n, -1n, 1n << 63n, (1n << 63n) - 1n, 1n << 53n, 1n, 1n << 32n, -2n]
  return await repeat(signal, 1_000, (number) => {
    const jump = jumps[number % jumps.length] ?? 0n
    forger.send({ from: forgedSource(1), to: group, payload: numbered(1, jump, jump) })
  })
}

export const multicastAttacks: Readonly<Record<string, Attack>> = { manySenders, jumpingNumbers }
