import { UsageError } from '@sockyard/cli/errors'
import { getnameinfo } from '@sockyard/posix/netdb'
import { inetAton, inetNtop, inetPton } from '@sockyard/posix/socket'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { nameInfoFlags, type AddressOptions } from './config.ts'
import { isIpv4, mappedBytes } from './destination-order.ts'
import { answeredBy, sourcesOf } from './name-service.ts'
import { numericAddress } from './numeric-address.ts'
import { runLookup } from './run-lookup.ts'

/** The names of an address and a port (getnameinfo(3)), or with `--convert` the forms of an address. */
export async function address(context: CommandContext<AddressOptions>): Promise<number> {
  return context.options.convert ? convert(context) : nameOf(context)
}

function convert(context: CommandContext<AddressOptions>): Promise<number> {
  const [text = '', extra] = context.operands
  if (extra !== undefined) throw new UsageError('PORT', extra, 'cannot be combined with --convert')
  return runLookup(context, { command: 'address', sources: [] }, async (emit) => {
    emit(conversion(text, context.options.networkOrder))
    return null
  })
}

async function nameOf(context: CommandContext<AddressOptions>): Promise<number> {
  const { operands, options } = context
  const [text = '', portText = '0'] = operands
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535)
    throw new UsageError('PORT', portText, 'must be 0 to 65535')
  const flags = nameInfoFlags(options)
  const where = await numericAddress(text, port)
  const hosts = sourcesOf('hosts')
  const sources = [
    ...(options.niNumerichost ? [] : [hosts]),
    ...(options.niNumericserv ? [] : [sourcesOf('services')]),
  ]
  return runLookup(context, { command: 'address', sources }, async (emit) => {
    const found = await getnameinfo(where, text, flags)
    emit({ kind: 'name', address: text, port, ...found })
    if (options.niNumerichost || found.host === text) return null
    return answeredBy(hosts, async () => {
      const again = await getnameinfo(where, text, flags).catch(() => undefined)
      return again?.host === found.host
    })
  })
}

type Conversion = Extract<LookupAnswer, { kind: 'conversion' }>

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
  return inetPton(text) ?? (/\s/.test(text) ? undefined : inetAton(text))
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
    presentation: inetNtop(bytes),
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
  if (bytes.length === 4) return inetNtop(mappedBytes(bytes))
  return isIpv4(bytes) ? inetNtop(bytes.subarray(12)) : null
}

/** Where DNS has the name of an address (RFC 1035, section 3.5; RFC 3596, section 2.5). */
function reverseName(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${[...bytes].toReversed().join('.')}.in-addr.arpa`
  return `${bytes.toHex().split('').toReversed().join('.')}.ip6.arpa`
}
