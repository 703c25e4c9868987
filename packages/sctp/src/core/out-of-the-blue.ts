import type { Chunk } from '../wire/chunk.ts'
import { CAUSE_CODE } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'

/** Why a packet that belongs to no association gets no answer, or which chunk answers it. */
export type OutOfTheBlueVerdict =
  | { kind: 'discard'; reason: string }
  | { kind: 'answer'; chunk: Chunk; verificationTag: number }

/**
 * RFC 9260 section 8.4, rules 2 and 5 to 8: a packet of no association (rule 1, addresses that are
 * not unicast, was applied before; rules 3 and 4, INIT and COOKIE ECHO, are the handshake's).
 */
export function judgeOutOfTheBlue(packet: Packet): OutOfTheBlueVerdict {
  const { chunks, verificationTag } = packet
  if (chunks.some(({ kind }) => kind === 'abort')) return { kind: 'discard', reason: 'abort' }
  if (chunks.some(({ kind }) => kind === 'init'))
    return { kind: 'discard', reason: 'init-with-tag' }
  if (chunks.some(({ kind }) => kind === 'shutdown-ack')) {
    return {
      kind: 'answer',
      chunk: { kind: 'shutdown-complete', reflected: true },
      verificationTag,
    }
  }
  if (chunks.some(({ kind }) => kind === 'shutdown-complete')) {
    return { kind: 'discard', reason: 'shutdown-complete' }
  }
  if (chunks.some((chunk) => chunk.kind === 'cookie-ack' || isStaleCookie(chunk))) {
    return { kind: 'discard', reason: 'late-handshake' }
  }
  return { kind: 'answer', chunk: { kind: 'abort', reflected: true, causes: [] }, verificationTag }
}

const isStaleCookie = (chunk: Chunk): boolean =>
  chunk.kind === 'error' && chunk.causes.some(({ code }) => code === CAUSE_CODE.STALE_COOKIE)
