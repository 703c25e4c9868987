import { malformed, parsed, type Parsed } from '../parsed.ts'
import { decodeGroup, encodeGroup } from './group-option.ts'

/** The UDP port of Multicast Ping servers (RFC 6450, section 8). */
export const MULTICAST_PING_PORT = 4321

/** Message types (RFC 6450, section 3.2). */
const TYPES = { init: 73, 'server-response': 83, 'echo-request': 81, 'echo-reply': 65 } as const

type MulticastPingType = keyof typeof TYPES

/** Option types (RFC 6450, section 3.1). */
const OPTION = {
  version: 0,
  clientId: 1,
  sequence: 2,
  clientTimestamp: 3,
  group: 4,
  optionRequest: 5,
  ttl: 9,
  prefix: 10,
  sessionId: 11,
} as const

/**
 * A message of Multicast Ping (RFC 6450): a byte of type, then options of type (16 bits), length (16 bits) and value.
 * Options that are not named here are skipped.
 */
export interface MulticastPingMessage {
  type: MulticastPingType
  /** 2 is the RFC's; 1 is that of ssmping, asmping and ssmpingd, whose messages hold no version. */
  version: number
  /** Picked at random by each run of a client, 4 bytes. */
  clientId?: number | undefined
  /** Counts the requests of a client from 1. */
  sequence?: number | undefined
  /** When the request was sent: microseconds since 1970. */
  clientTimestampMicros?: number | undefined
  /** Where the multicast reply goes, or what the server assigns. */
  group?: string | undefined
  /** In an Init: the group that the client would like, as a prefix of all its bits. */
  wantedGroup?: string | undefined
  /** With which TTL or hop limit a reply was sent. */
  ttl?: number | undefined
  /** What a server gave, and gets back in each request. */
  sessionId?: Uint8Array | undefined
}

const HEADER_BYTES = 4

/** Builds a message; the options stand in the order of their numbers, but the group, which ssmpingd reads last. */
export function encodeMulticastPing(message: MulticastPingMessage): Uint8Array {
  const { version, clientId, sequence, clientTimestampMicros, group, wantedGroup } = message
  const { ttl, sessionId } = message
  const options: Uint8Array[] = []
  if (version !== 1) options.push(option(OPTION.version, Uint8Array.of(version)))
  if (clientId !== undefined) options.push(option(OPTION.clientId, u32(clientId)))
  if (sequence !== undefined) options.push(option(OPTION.sequence, u32(sequence)))
  if (clientTimestampMicros !== undefined)
    options.push(option(OPTION.clientTimestamp, timestamp(clientTimestampMicros)))
  if (ttl !== undefined) options.push(option(OPTION.ttl, Uint8Array.of(ttl)))
  if (wantedGroup !== undefined)
    options.push(option(OPTION.prefix, encodeGroup(wantedGroup, 'prefix')))
  if (sessionId !== undefined) options.push(option(OPTION.sessionId, sessionId))
  if (group !== undefined)
    options.push(option(OPTION.group, encodeGroup(group, version === 1 ? 'version 1' : 'group')))
  return joined([Uint8Array.of(TYPES[message.type]), ...options])
}

/** Reads a message of either version. */
export function decodeMulticastPing(bytes: Uint8Array): Parsed<MulticastPingMessage> {
  const type = typeOf(bytes[0])
  if (type === undefined)
    return malformed('multicast-ping', 'type', `${bytes[0] ?? 'no bytes'}, not Q, A, I or S`)
  const message: MulticastPingMessage = { type, version: 1 }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 1
  while (at < bytes.length) {
    if (bytes.length - at < HEADER_BYTES) return cut('option')
    const [number, length] = [view.getUint16(at), view.getUint16(at + 2)]
    at += HEADER_BYTES
    if (bytes.length - at < length) return cut(`option ${number}`)
    const wrong = readOption(message, number, bytes.subarray(at, at + length))
    if (wrong !== undefined) return malformed('multicast-ping', wrong, `${length} B of it`)
    at += length
  }
  return parsed(message)
}

/**
 * The reply to a request: its options again in their order, but the request of options, and with version 2 the TTL of
 * the reply (RFC 6450, section 4.2).
 *
 * @param request an echo request that `decodeMulticastPing` reads
 */
export function echoReply(request: Uint8Array, version: number, ttl: number): Uint8Array {
  const options: Uint8Array[] = []
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength)
  for (let at = 1; at < request.length;) {
    const end = at + HEADER_BYTES + view.getUint16(at + 2)
    if (view.getUint16(at) !== OPTION.optionRequest) options.push(request.subarray(at, end))
    at = end
  }
  if (version !== 1) options.push(option(OPTION.ttl, Uint8Array.of(ttl)))
  return joined([Uint8Array.of(TYPES['echo-reply']), ...options])
}

function typeOf(byte: number | undefined): MulticastPingType | undefined {
  const entries = Object.entries(TYPES) as [MulticastPingType, number][]
  return entries.find(([, number]) => number === byte)?.[0]
}

/** @returns the field whose length is wrong */
function readOption(
  message: MulticastPingMessage,
  number: number,
  value: Uint8Array,
): keyof MulticastPingMessage | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (number === OPTION.version) {
    if (value.length !== 1) return 'version'
    message.version = view.getUint8(0)
  } else if (number === OPTION.clientId) {
    if (value.length === 0) return 'clientId'
    if (value.length === 4) message.clientId = view.getUint32(0)
  } else if (number === OPTION.sequence) {
    if (value.length !== 4) return 'sequence'
    message.sequence = view.getUint32(0)
  } else if (number === OPTION.clientTimestamp) {
    if (value.length !== 8) return 'clientTimestampMicros'
    message.clientTimestampMicros = view.getUint32(0) * 1_000_000 + view.getUint32(4)
  } else if (number === OPTION.group) {
    message.group = decodeGroup(value)
    if (message.group === undefined) return 'group'
  } else if (number === OPTION.ttl) {
    if (value.length !== 1) return 'ttl'
    message.ttl = view.getUint8(0)
  } else if (number === OPTION.prefix) {
    const wanted = decodeGroup(value, 'prefix')
    if (wanted !== undefined) message.wantedGroup ??= wanted
  } else if (number === OPTION.sessionId) message.sessionId = Uint8Array.from(value)
  return undefined
}

function cut(field: string): Parsed<never> {
  return malformed('multicast-ping', field, 'it is cut off')
}

function option(number: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + value.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, number)
  view.setUint16(2, value.length)
  bytes.set(value, HEADER_BYTES)
  return bytes
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Seconds since 1970, and microseconds of the second, 32 bits each. */
function timestamp(micros: number): Uint8Array {
  return joined([u32(Math.floor(micros / 1_000_000)), u32(micros % 1_000_000)])
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
