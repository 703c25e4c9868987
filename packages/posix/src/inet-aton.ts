import { nativeText } from './foreign-memory.ts'
import { integerFunction } from './libc.ts'

const atonCall = integerFunction('int inet_aton(const uint8_t *, uint8_t *)')

/**
 * The 4 bytes of the classic forms of an IPv4 address, in network order (inet_aton(3)): `127.1`, `0x7f.1`,
 * `017700000001`, `2130706433`.
 *
 * @returns undefined for a text that is none of them
 */
export function inet_aton(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4)
  return atonCall(nativeText(text), bytes) === 0 ? undefined : bytes
}
