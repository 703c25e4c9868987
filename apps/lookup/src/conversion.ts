import { inet_aton } from '@sockyard/posix/inet-aton'
import { bytesToPresentation, presentationToBytes } from '@sockyard/posix/presentation'
import type { LookupAnswer } from '@sockyard/protocol/results'
import { UsageError } from '@sockyard/service/errors'

type Conversion = Extract<LookupAnswer, { kind: 'conversion' }>

/** ::ffff:0:0/96, IPv4-mapped addresses (RFC 4291, section 2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/**
 * An address in every form. It may be written as inet_pton(3) takes it, in the classic forms of inet_aton(3)
 * (`127.1`, `0x7f000001`, `2130706433`), or as the 32 hexadecimal digits of an IPv6 address.
 *
 * @param isNetworkOrder a number is `s_addr`, network order as a little-endian machine reads it
 * @throws {UsageError} when it is none of these
 */
export function conversion(text: string, isNetworkOrder = false): Conversion {
  const bytes = parse(text)
  if (bytes === undefined)
    throw new UsageError('IP', text, 'must be an address, a number, or 32 hexadecimal digits')
  return formsOf(isNetworkOrder && isNumber(text) ? bytes.toReversed() : bytes)
}

function parse(text: string): Uint8Array | undefined {
  if (/^(0x)?[\da-f]{32}$/i.test(text)) return Uint8Array.fromHex(text.slice(-32))
  // inet_aton stops at a blank, whatever follows.
  return presentationToBytes(text) ?? (/\s/.test(text) ? undefined : inet_aton(text))
}

function isNumber(text: string): boolean {
  return /^(\d+|0x[\da-f]+)$/i.test(text)
}

function formsOf(bytes: Uint8Array): Conversion {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = (littleEndian: boolean): string[] =>
    Array.from({ length: bytes.length / 4 }, (_, index) =>
      hex(view.getUint32(index * 4, littleEndian)),
    )
  return {
    kind: 'conversion',
    family: bytes.length === 4 ? 'IPv4' : 'IPv6',
    presentation: bytesToPresentation(bytes),
    bytes: bytes.toHex(),
    networkOrder: words(true),
    hostOrder: words(false),
    mapped: mapped(bytes),
    reverseName: reverseName(bytes),
  }
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`
}

/** IPv4 put into IPv6, or taken out of it. */
function mapped(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return bytesToPresentation(Uint8Array.of(...MAPPED, ...bytes))
  const isMapped = MAPPED.every((byte, index) => bytes[index] === byte)
  return isMapped ? bytesToPresentation(bytes.subarray(12)) : null
}

/** Where DNS has the name of an address (RFC 1035, section 3.5; RFC 3596, section 2.5). */
function reverseName(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${[...bytes].toReversed().join('.')}.in-addr.arpa`
  return `${bytes.toHex().split('').toReversed().join('.')}.ip6.arpa`
}
