import { malformed, type Parsed } from '@sockyard/protocol/parsed'

import { formatIpv4, formatIpv6, parseAddress } from './address.ts'
import { padded, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'

/** A type, a length and a value: the form of parameters and of error causes (RFC 9260 3.2.1). */
export interface Tlv {
  type: number
  value: Uint8Array
}

const HEADER_BYTES = 4

/** No chunk has a use for more. */
const MAXIMUM_TLVS = 1024

/** Reads one after the other to the end of `bytes`; padding after the last one may be missing. */
export function decodeTlvs(bytes: Uint8Array, part: string): Parsed<Tlv[]> {
  const tlvs: Tlv[] = []
  let at = 0
  while (at + HEADER_BYTES <= bytes.length) {
    const length = readUint16(bytes, at + 2)
    if (length < HEADER_BYTES || at + length > bytes.length) {
      return malformed('sctp', part, `length ${length} at ${at}`)
    }
    tlvs.push({
      type: readUint16(bytes, at),
      value: bytes.subarray(at + HEADER_BYTES, at + length),
    })
    if (tlvs.length > MAXIMUM_TLVS) {
      return malformed('sctp', part, 'too many')
    }
    at += padded(length)
  }
  if (at < bytes.length) {
    return malformed('sctp', part, `${bytes.length - at} stray bytes`)
  }
  return { ok: true, value: tlvs }
}

/** One type, length and value, without padding. */
export function encodeTlv({ type, value }: Tlv): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + value.length)
  writeUint16(bytes, 0, type)
  writeUint16(bytes, 2, bytes.length)
  bytes.set(value, HEADER_BYTES)
  return bytes
}

/**
 * What to do with a chunk or parameter of unknown type, said by the two highest bits of its type
 * (RFC 9260 sections 3.2 and 3.2.1): the higher of the two bits says whether to go on with what
 * follows it in the same packet or chunk, the lower whether to report it.
 */
export interface UnrecognizedAction {
  proceed: boolean
  report: boolean
}

/** The action for an unknown chunk type (8 bits). */
export const unrecognizedChunkAction = (type: number): UnrecognizedAction => ({
  proceed: (type & 0x80) !== 0,
  report: (type & 0x40) !== 0,
})

/** The action for an unknown parameter type (16 bits). */
export const unrecognizedParameterAction = (type: number): UnrecognizedAction =>
  unrecognizedChunkAction(type >>> 8)

/** Parameter types of INIT, INIT ACK, HEARTBEAT and HEARTBEAT ACK, RFC 9260 section 3.3. */
export const PARAMETER_TYPE = {
  HEARTBEAT_INFO: 1,
  IPV4_ADDRESS: 5,
  IPV6_ADDRESS: 6,
  STATE_COOKIE: 7,
  UNRECOGNIZED: 8,
  COOKIE_PRESERVATIVE: 9,
  HOST_NAME: 11,
  SUPPORTED_ADDRESS_TYPES: 12,
  ECN_CAPABLE: 0x8000,
} as const

/**
 * One parameter.
 * - `heartbeat-info`: opaque bytes, returned as they came (3.3.5)
 * - `address`: an IPv4 or IPv6 address in numeric form (3.3.2.1)
 * - `cookie`: the state cookie, opaque to all but its maker (3.3.3.1)
 * - `unrecognized`: a parameter the peer did not understand, whole (3.3.3.1)
 * - `cookie-preservative`: longer cookie life asked for, in milliseconds (3.3.2.1)
 * - `host-name`: deprecated; the receiver aborts (3.3.2.1)
 * - `supported-address-types`: parameter types of addresses (3.3.2.1)
 * - `ecn-capable`: reserved (3.3.2)
 * - `unknown`: any other type; its two highest bits say what to do (3.2.1)
 */
export type Parameter =
  | { kind: 'heartbeat-info'; info: Uint8Array }
  | { kind: 'address'; address: string }
  | { kind: 'cookie'; cookie: Uint8Array }
  | { kind: 'unrecognized'; parameter: Uint8Array }
  | { kind: 'cookie-preservative'; millis: number }
  | { kind: 'host-name'; name: Uint8Array }
  | { kind: 'supported-address-types'; types: number[] }
  | { kind: 'ecn-capable' }
  | { kind: 'unknown'; type: number; value: Uint8Array }

/** Reads the parameters that end a chunk. */
export function decodeParameters(bytes: Uint8Array): Parsed<Parameter[]> {
  const tlvs = decodeTlvs(bytes, 'parameter')
  if (!tlvs.ok) return tlvs
  const parameters: Parameter[] = []
  for (const tlv of tlvs.value) {
    const parameter = decodeParameter(tlv)
    if (!parameter) {
      const reason = `type ${tlv.type} cannot be ${tlv.value.length} bytes long`
      return malformed('sctp', 'parameter', reason)
    }
    parameters.push(parameter)
  }
  return { ok: true, value: parameters }
}

function decodeParameter({ type, value }: Tlv): Parameter | undefined {
  switch (type) {
    case PARAMETER_TYPE.HEARTBEAT_INFO:
      return { kind: 'heartbeat-info', info: value }
    case PARAMETER_TYPE.IPV4_ADDRESS:
      return value.length === 4 ? { kind: 'address', address: formatIpv4(value) } : undefined
    case PARAMETER_TYPE.IPV6_ADDRESS:
      return value.length === 16 ? { kind: 'address', address: formatIpv6(value) } : undefined
    case PARAMETER_TYPE.STATE_COOKIE:
      return { kind: 'cookie', cookie: value }
    case PARAMETER_TYPE.UNRECOGNIZED:
      return { kind: 'unrecognized', parameter: value }
    case PARAMETER_TYPE.COOKIE_PRESERVATIVE:
      if (value.length !== 4) return undefined
      return { kind: 'cookie-preservative', millis: readUint32(value, 0) }
    case PARAMETER_TYPE.HOST_NAME:
      return { kind: 'host-name', name: value }
    case PARAMETER_TYPE.SUPPORTED_ADDRESS_TYPES:
      return { kind: 'supported-address-types', types: decodeTypes(value) }
    case PARAMETER_TYPE.ECN_CAPABLE:
      return { kind: 'ecn-capable' }
    default:
      return { kind: 'unknown', type, value }
  }
}

const decodeTypes = (value: Uint8Array): number[] =>
  Array.from({ length: value.length >>> 1 }, (_, index) => readUint16(value, index * 2))

/**
 * One parameter as bytes, without padding.
 * @throws {TypeError} when an address is not a numeric IPv4 or IPv6 address
 */
export function encodeParameter(parameter: Parameter): Uint8Array {
  return encodeTlv(toTlv(parameter))
}

function toTlv(parameter: Parameter): Tlv {
  switch (parameter.kind) {
    case 'heartbeat-info':
      return { type: PARAMETER_TYPE.HEARTBEAT_INFO, value: parameter.info }
    case 'address':
      return addressTlv(parameter.address)
    case 'cookie':
      return { type: PARAMETER_TYPE.STATE_COOKIE, value: parameter.cookie }
    case 'unrecognized':
      return { type: PARAMETER_TYPE.UNRECOGNIZED, value: parameter.parameter }
    case 'cookie-preservative':
      return { type: PARAMETER_TYPE.COOKIE_PRESERVATIVE, value: uint32(parameter.millis) }
    case 'host-name':
      return { type: PARAMETER_TYPE.HOST_NAME, value: parameter.name }
    case 'supported-address-types':
      return { type: PARAMETER_TYPE.SUPPORTED_ADDRESS_TYPES, value: uint16s(parameter.types) }
    case 'ecn-capable':
      return { type: PARAMETER_TYPE.ECN_CAPABLE, value: new Uint8Array(0) }
    case 'unknown':
      break
  }
  return parameter
}

function addressTlv(address: string): Tlv {
  const value = parseAddress(address)
  if (!value) throw new TypeError(`not a numeric address: ${address}`)
  const type = value.length === 4 ? PARAMETER_TYPE.IPV4_ADDRESS : PARAMETER_TYPE.IPV6_ADDRESS
  return { type, value }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  writeUint32(bytes, 0, value)
  return bytes
}

function uint16s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2)
  values.forEach((value, index) => {
    writeUint16(bytes, index * 2, value)
  })
  return bytes
}
