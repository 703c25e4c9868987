import { isIP } from 'node:net'

import { libcFunction, integerFunction } from '../ffi/libc.ts'
import { cString, LITTLE } from '../ffi/native-memory.ts'

/** socket(2): the address families that are spoken here, by Linux's numbers. */
/** Address families of Linux (socket(2)). */
export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
/** The longest of the three, sockaddr_un (unix(7)). */
export const SOCKET_ADDRESS_BYTES = 110

/** The local or peer address of a socket (ip(7), ipv6(7), unix(7)). */
export type SocketAddress = InternetAddress | UnixAddress

/** sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)). */
export interface InternetAddress {
  family: 'IPv4' | 'IPv6'
  /** 4 or 16 bytes in network order. */
  bytes: Uint8Array
  port: number
  /** The number of the interface that a link-local IPv6 address is valid on (RFC 4007); 0: none. */
  scope: number
}

interface UnixAddress {
  family: 'unix'
  /** A path, an abstract name with a leading NUL, or '' for an unnamed socket. */
  path: string
}

/** A struct sockaddr_in, sockaddr_in6 or sockaddr_un: ports in network order, the rest in this machine's. */
export function encodeSocketAddress(address: SocketAddress): Uint8Array {
  return address.family === 'unix' ? encodeUnix(address) : encodeInternet(address)
}

/**
 * What the kernel wrote: the first `length` bytes of `memory`.
 *
 * @returns undefined for a family that is none of the three
 */
export function decodeSocketAddress(memory: Uint8Array, length: number): SocketAddress | undefined {
  if (length < 2) return undefined
  const view = new DataView(memory.buffer, memory.byteOffset, length)
  const family = view.getUint16(0, LITTLE)
  if (family === AF_UNIX) return { family: 'unix', path: unixPath(memory.subarray(2, length)) }
  if (family === AF_INET && length >= 16) {
    return { family: 'IPv4', bytes: memory.slice(4, 8), port: view.getUint16(2), scope: 0 }
  }
  if (family !== AF_INET6 || length < 28) return undefined
  const scope = view.getUint32(24, LITTLE)
  return { family: 'IPv6', bytes: memory.slice(8, 24), port: view.getUint16(2), scope }
}

function encodeInternet({ family, bytes, port, scope }: InternetAddress): Uint8Array {
  const ipv4 = family === 'IPv4'
  const encoded = new Uint8Array(ipv4 ? 16 : 28)
  const view = new DataView(encoded.buffer)
  view.setUint16(0, ipv4 ? AF_INET : AF_INET6, LITTLE)
  view.setUint16(2, port)
  encoded.set(bytes, ipv4 ? 4 : 8)
  if (!ipv4) view.setUint32(24, scope, LITTLE)
  return encoded
}

function encodeUnix({ path }: UnixAddress): Uint8Array {
  const name = Buffer.from(path)
  if (name.length > 107) throw new RangeError(`a Unix socket's path has at most 107 bytes: ${path}`)
  const abstract = path.startsWith('\0')
  const encoded = new Uint8Array(2 + name.length + (abstract || path === '' ? 0 : 1))
  new DataView(encoded.buffer).setUint16(0, AF_UNIX, LITTLE)
  encoded.set(name, 2)
  return encoded
}

/** A path ends at its NUL; an abstract name begins with one and has its length from the address. */
function unixPath(name: Uint8Array): string {
  const end = name[0] === 0 ? -1 : name.indexOf(0)
  return Buffer.from(end < 0 ? name : name.subarray(0, end)).toString()
}

const inetPtonCall = libcFunction('int inet_pton(int, const char *, uint8_t *)')
const inetNtopCall = libcFunction('void *inet_ntop(int, const uint8_t *, uint8_t *, uint32_t)')
const INET6_ADDRSTRLEN = 46

/**
 * The 4 or 16 bytes of a numeric address in network order (inet_pton(3)).
 *
 * @returns undefined for anything else; a zone (`%eth0`) is no part of an address
 */
export function inetPton(text: string): Uint8Array | undefined {
  const family = isIP(text)
  if (family === 0) return undefined
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  return inetPtonCall(familyOf(bytes), text, bytes) === 1 ? bytes : undefined
}

/** The shortest text of 4 or 16 bytes (inet_ntop(3), RFC 5952). */
export function inetNtop(bytes: Uint8Array): string {
  const text = new Uint8Array(INET6_ADDRSTRLEN)
  inetNtopCall(familyOf(bytes), bytes, text, text.length)
  return Buffer.from(text.subarray(0, text.indexOf(0))).toString()
}

function familyOf(bytes: Uint8Array): number {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`)
  }
  return bytes.length === 4 ? AF_INET : AF_INET6
}

const atonCall = integerFunction('int inet_aton(const uint8_t *, uint8_t *)')

/**
 * The 4 bytes of the classic forms of an IPv4 address, in network order (inet_aton(3)): `127.1`, `0x7f.1`,
 * `017700000001`, `2130706433`.
 *
 * @returns undefined for a text that is none of them
 */
export function inetAton(text: string): Uint8Array | undefined {
  if (text.includes('\0')) return undefined
  const bytes = new Uint8Array(4)
  return atonCall(cString(text), bytes) === 0 ? undefined : bytes
}
