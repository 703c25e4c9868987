import { type Parsed } from '@sockyard/protocol/parsed'

import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { decodeTlvs, encodeTlv, type Tlv } from './parameter.ts'

/** Cause codes of ERROR and ABORT chunks, RFC 9260 section 3.3.10. */
export const CAUSE_CODE = {
  INVALID_STREAM_IDENTIFIER: 1,
  MISSING_MANDATORY_PARAMETER: 2,
  STALE_COOKIE: 3,
  OUT_OF_RESOURCE: 4,
  UNRESOLVABLE_ADDRESS: 5,
  UNRECOGNIZED_CHUNK_TYPE: 6,
  INVALID_MANDATORY_PARAMETER: 7,
  UNRECOGNIZED_PARAMETERS: 8,
  NO_USER_DATA: 9,
  COOKIE_RECEIVED_WHILE_SHUTTING_DOWN: 10,
  RESTART_WITH_NEW_ADDRESSES: 11,
  USER_INITIATED_ABORT: 12,
  PROTOCOL_VIOLATION: 13,
} as const

/** One error cause: its code, and the bytes that code defines (RFC 9260 3.3.10.1 to 3.3.10.13). */
export interface ErrorCause {
  code: number
  information: Uint8Array
}

/** Reads the causes of an ERROR or ABORT chunk's value. */
export function decodeErrorCauses(bytes: Uint8Array): Parsed<ErrorCause[]> {
  const tlvs = decodeTlvs(bytes, 'error cause')
  if (!tlvs.ok) return tlvs
  return {
    ok: true,
    value: tlvs.value.map(({ type, value }: Tlv) => ({ code: type, information: value })),
  }
}

/** One cause as bytes, without padding. */
export const encodeErrorCause = ({ code, information }: ErrorCause): Uint8Array =>
  encodeTlv({ type: code, value: information })

/** RFC 9260 section 3.3.10.1: the stream that the peer's DATA named and that does not exist. */
export function invalidStreamIdentifier(stream: number): ErrorCause {
  const information = new Uint8Array(4)
  writeUint16(information, 0, stream)
  return { code: CAUSE_CODE.INVALID_STREAM_IDENTIFIER, information }
}

/** RFC 9260 section 3.3.10.2: types of the parameters that had to be there. */
export function missingMandatoryParameter(types: readonly number[]): ErrorCause {
  const information = new Uint8Array(4 + types.length * 2)
  writeUint32(information, 0, types.length)
  types.forEach((type, index) => {
    writeUint16(information, 4 + index * 2, type)
  })
  return { code: CAUSE_CODE.MISSING_MANDATORY_PARAMETER, information }
}

/** RFC 9260 section 3.3.10.3: how long ago the cookie expired, in microseconds. */
export function staleCookie(staleMicros: number): ErrorCause {
  const information = new Uint8Array(4)
  writeUint32(information, 0, Math.min(staleMicros, 0xffffffff))
  return { code: CAUSE_CODE.STALE_COOKIE, information }
}

/** RFC 9260 section 3.3.10.9: the TSN of the DATA chunk without data. */
export function noUserData(tsn: number): ErrorCause {
  const information = new Uint8Array(4)
  writeUint32(information, 0, tsn)
  return { code: CAUSE_CODE.NO_USER_DATA, information }
}

/** A cause whose information is text: user-initiated abort and protocol violation (3.3.10.12, .13). */
export const textCause = (code: number, text: string): ErrorCause => ({
  code,
  information: new TextEncoder().encode(text),
})

const DESCRIPTIONS: Record<number, string> = {
  [CAUSE_CODE.INVALID_STREAM_IDENTIFIER]: 'invalid stream identifier',
  [CAUSE_CODE.MISSING_MANDATORY_PARAMETER]: 'missing mandatory parameter',
  [CAUSE_CODE.STALE_COOKIE]: 'stale cookie',
  [CAUSE_CODE.OUT_OF_RESOURCE]: 'out of resource',
  [CAUSE_CODE.UNRESOLVABLE_ADDRESS]: 'unresolvable address',
  [CAUSE_CODE.UNRECOGNIZED_CHUNK_TYPE]: 'unrecognized chunk type',
  [CAUSE_CODE.INVALID_MANDATORY_PARAMETER]: 'invalid mandatory parameter',
  [CAUSE_CODE.UNRECOGNIZED_PARAMETERS]: 'unrecognized parameters',
  [CAUSE_CODE.NO_USER_DATA]: 'no user data',
  [CAUSE_CODE.COOKIE_RECEIVED_WHILE_SHUTTING_DOWN]: 'cookie received while shutting down',
  [CAUSE_CODE.RESTART_WITH_NEW_ADDRESSES]: 'restart of an association with new addresses',
  [CAUSE_CODE.USER_INITIATED_ABORT]: 'user-initiated abort',
  [CAUSE_CODE.PROTOCOL_VIOLATION]: 'protocol violation',
}

const TEXT_CAUSES: ReadonlySet<number> = new Set([
  CAUSE_CODE.USER_INITIATED_ABORT,
  CAUSE_CODE.PROTOCOL_VIOLATION,
])
/** What a peer says may be as long as a packet. */
const LONGEST_TEXT = 100
const MOST_CAUSES = 8

/** The words of a peer, without what could control a terminal. */
function wordsOf(information: Uint8Array): string {
  const text = new TextDecoder().decode(information).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  return text === '' ? '' : `: ${text.slice(0, LONGEST_TEXT)}`
}

/** A cause in words, with what it holds: `invalid stream identifier 7`, `user-initiated abort: bye`. */
export function describeCause({ code, information }: ErrorCause): string {
  const text = DESCRIPTIONS[code] ?? `cause ${code}`
  if (code === CAUSE_CODE.INVALID_STREAM_IDENTIFIER && information.length >= 2) {
    return `${text} ${readUint16(information, 0)}`
  }
  if (code === CAUSE_CODE.STALE_COOKIE && information.length >= 4) {
    return `${text} by ${readUint32(information, 0)} µs`
  }
  if (TEXT_CAUSES.has(code)) return text + wordsOf(information)
  return text
}

/** Causes in words, the first eight of what may be a thousand; empty for none. */
export function describeCauses(causes: readonly ErrorCause[]): string {
  const first = causes.slice(0, MOST_CAUSES).map(describeCause)
  if (causes.length > MOST_CAUSES) first.push(`${causes.length - MOST_CAUSES} more`)
  return first.join(', ')
}
