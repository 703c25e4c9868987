import { isIP } from 'node:net'

import { libcFunction } from './libc.ts'
import { AF_INET, AF_INET6 } from './socket-address.ts'

const inetPton = libcFunction('int inet_pton(int, const char *, uint8_t *)')
const inetNtop = libcFunction('void *inet_ntop(int, const uint8_t *, uint8_t *, uint32_t)')
const INET6_ADDRSTRLEN = 46

/**
 * The 4 or 16 bytes of a numeric address in network order (inet_pton(3)).
 *
 * @returns undefined for anything else; a zone (`%eth0`) is no part of an address
 */
export function presentationToBytes(text: string): Uint8Array | undefined {
  const family = isIP(text)
  if (family === 0) return undefined
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  return inetPton(familyOf(bytes), text, bytes) === 1 ? bytes : undefined
}

/** The shortest text of 4 or 16 bytes (inet_ntop(3), RFC 5952). */
export function bytesToPresentation(bytes: Uint8Array): string {
  const text = new Uint8Array(INET6_ADDRSTRLEN)
  inetNtop(familyOf(bytes), bytes, text, text.length)
  return Buffer.from(text.subarray(0, text.indexOf(0))).toString()
}

function familyOf(bytes: Uint8Array): number {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`)
  }
  return bytes.length === 4 ? AF_INET : AF_INET6
}
