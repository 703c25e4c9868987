import { endianness } from 'node:os'

const LITTLE = endianness() === 'LE'
/** socket(2): the address families that are spoken here, by Linux's numbers. */
export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
/** The longest of the three, sockaddr_un (unix(7)). */
export const SOCKET_ADDRESS_BYTES = 110

/** Where a socket is, or whom it talks to (ip(7), ipv6(7), unix(7)). */
export type SocketAddress = InternetAddress | UnixAddress

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
