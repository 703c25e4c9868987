import { malformed, type Parsed, parsed } from '../parsed.ts'

/** Signature, version and command, family and transport, length (PROXY protocol, section 2.2). */
const FIXED_BYTES = 16
const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10)
const VERSION = 2
const COMMANDS = ['local', 'proxy'] as const
const INET = 1
const INET6 = 2
/** Bytes of the addresses and ports by family: AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX. */
const ADDRESS_BLOCK_BYTES = [0, 12, 36, 216] as const
/** SOCK_STREAM is 1, SOCK_DGRAM 2. */
const HIGHEST_TRANSPORT = 2
const STREAM = 1

/** Longer ones are malformed: addresses are 36 bytes, and TLVs such as those about TLS a few hundred. */
export const MAXIMUM_PROXY_HEADER_BYTES = 4096

/** One end of the connection that a proxy passes on. */
export interface ProxyEndpoint {
  /** 4 bytes of an IPv4 address or 16 of an IPv6 one, network order. */
  address: Uint8Array
  port: number
}

/** What a proxy tells about the connection that it passes on. */
export interface ProxyHeader {
  /** Bytes of the header, its TLVs counted: the data of the connection comes after them. */
  length: number
  /** `local`: the connection is the proxy's own, such as a health check. */
  command: (typeof COMMANDS)[number]
  /** Absent where the proxy tells none: `local`, AF_UNSPEC, AF_UNIX. Then the ends of the connection itself hold. */
  endpoints: { source: ProxyEndpoint; destination: ProxyEndpoint } | undefined
}

/**
 * Reads a header of the PROXY protocol, version 2 (HAProxy, proxy-protocol.txt, section 2.2); TLVs are skipped.
 *
 * @param bytes the beginning of a connection
 * @returns undefined as value: it may become a header when more bytes have come
 */
export function decodeProxyHeader(bytes: Uint8Array): Parsed<ProxyHeader | undefined> {
  if (SIGNATURE.some((byte, at) => at < bytes.length && byte !== bytes[at]))
    return malformed('proxy', 'signature', 'is not that of version 2')
  if (bytes.length < FIXED_BYTES) return parsed(undefined)
  const [versionAndCommand = 0, familyAndTransport = 0] = bytes.subarray(SIGNATURE.length)
  const command = COMMANDS[versionAndCommand & 0xf]
  if (versionAndCommand >> 4 !== VERSION || command === undefined)
    return malformed('proxy', 'ver_cmd', `0x${versionAndCommand.toString(16)} is not assigned`)
  const length = FIXED_BYTES + uint16(bytes, 14)
  if (length > MAXIMUM_PROXY_HEADER_BYTES)
    return malformed('proxy', 'len', `more than ${MAXIMUM_PROXY_HEADER_BYTES} B in all`)
  // Of a local connection the rest has no meaning.
  const fault = command === 'proxy' ? addressFault(familyAndTransport, length) : undefined
  if (fault !== undefined) return fault
  if (bytes.length < length) return parsed(undefined)
  const family = command === 'proxy' ? familyAndTransport >> 4 : 0
  return parsed({ length, command, endpoints: endpointsOf(family, bytes) })
}

function addressFault(familyAndTransport: number, length: number) {
  const needed = ADDRESS_BLOCK_BYTES[familyAndTransport >> 4]
  if (needed === undefined || (familyAndTransport & 0xf) > HIGHEST_TRANSPORT)
    return malformed('proxy', 'fam', `0x${familyAndTransport.toString(16)} is not assigned`)
  if (length < FIXED_BYTES + needed) return malformed('proxy', 'len', 'too short for its addresses')
  return undefined
}

function endpointsOf(family: number, bytes: Uint8Array): ProxyHeader['endpoints'] {
  if (family !== INET && family !== INET6) return undefined
  const size = family === INET ? 4 : 16
  const end = (index: 0 | 1): ProxyEndpoint => ({
    address: bytes.slice(FIXED_BYTES + index * size, FIXED_BYTES + (index + 1) * size),
    port: uint16(bytes, FIXED_BYTES + 2 * size + 2 * index),
  })
  return { source: end(0), destination: end(1) }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/**
 * The header that tells a server of a TCP connection that is passed on to it, without TLVs.
 *
 * @throws {RangeError} when the two ends are not of one family, or a port is none
 */
export function encodeProxyHeader(source: ProxyEndpoint, destination: ProxyEndpoint): Uint8Array {
  const size = source.address.length
  if ((size !== 4 && size !== 16) || destination.address.length !== size)
    throw new RangeError('both ends must be IPv4, or both IPv6')
  const family = size === 4 ? INET : INET6
  const block = ADDRESS_BLOCK_BYTES[family]
  const bytes = new Uint8Array(FIXED_BYTES + block)
  bytes.set(SIGNATURE)
  bytes.set([(VERSION << 4) | COMMANDS.indexOf('proxy'), (family << 4) | STREAM, 0, block], 12)
  bytes.set(source.address, FIXED_BYTES)
  bytes.set(destination.address, FIXED_BYTES + size)
  const ports = new DataView(bytes.buffer, FIXED_BYTES + 2 * size)
  for (const [index, { port }] of [source, destination].entries()) {
    if (!(port >= 0 && port <= 0xffff)) throw new RangeError(`${port} is no port`)
    ports.setUint16(2 * index, port)
  }
  return bytes
}
