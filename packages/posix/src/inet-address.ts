import { nativeText } from './foreign-memory.ts'
import { integerFunction, libcFunction } from './libc.ts'
import { AF_INET, AF_INET6 } from './socket-address.ts'

const ptonCall = integerFunction('int inet_pton(int, const uint8_t *, uint8_t *)')
const ntopCall = libcFunction('void *inet_ntop(int, const uint8_t *, uint8_t *, uint32_t)')
const atonCall = integerFunction('int inet_aton(const uint8_t *, uint8_t *)')

const BYTES = { IPv4: 4, IPv6: 16 } as const
const NUMBER = { IPv4: AF_INET, IPv6: AF_INET6 } as const
/** inet_ntop(3): the longest address and its NUL. */
const INET6_ADDRSTRLEN = 46

/**
 * The bytes of a presentation address, in network order (inet_pton(3)).
 *
 * @returns undefined for a text that is no address of the family
 */
export function inet_pton(family: 'IPv4' | 'IPv6', text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(BYTES[family])
  return ptonCall(NUMBER[family], nativeText(text), bytes) === 1 ? bytes : undefined
}

/**
 * An address of 4 or 16 bytes in network order, for people (inet_ntop(3)).
 *
 * @throws {RangeError} for any other number of bytes
 */
export function inet_ntop(address: Uint8Array): string {
  if (address.length !== 4 && address.length !== 16)
    throw new RangeError(`an address has 4 or 16 bytes, not ${address.length}`)
  const family = address.length === 4 ? 'IPv4' : 'IPv6'
  const text = new Uint8Array(INET6_ADDRSTRLEN)
  ntopCall(NUMBER[family], address, text, text.length)
  return Buffer.from(text.subarray(0, text.indexOf(0))).toString()
}

/**
 * The 4 bytes of the classic forms, in network order: `127.1`, `0x7f.1`, `017700000001`, `2130706433`
 * (inet_aton(3)).
 *
 * @returns undefined for a text that is none of them
 */
export function inet_aton(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(BYTES.IPv4)
  return atonCall(nativeText(text), bytes) === 0 ? undefined : bytes
}
