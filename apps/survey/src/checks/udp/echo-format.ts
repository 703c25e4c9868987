import { randomInt } from 'node:crypto'

import type { SizeFormat } from './size-facts.ts'

const SESSION_AT = 0
const SEQUENCE_AT = 4
const HEADER_BYTES = 8

/** Datagrams for an echo (RFC 862): a random session, a sequence number, and zeros. Both numbers are u32. */
export function echoFormat(): SizeFormat {
  const session = randomInt(2 ** 32)
  return {
    smallestBytes: HEADER_BYTES,
    encode(sequence, bytes) {
      const packet = Buffer.alloc(bytes)
      packet.writeUInt32BE(session, SESSION_AT)
      packet.writeUInt32BE(sequence, SEQUENCE_AT)
      return packet
    },
    sequenceOf(answer) {
      const isOurs = answer.length >= HEADER_BYTES && answer.readUInt32BE(SESSION_AT) === session
      return isOurs ? answer.readUInt32BE(SEQUENCE_AT) : undefined
    },
  }
}
