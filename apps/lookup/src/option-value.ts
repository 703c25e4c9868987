import { UsageError } from '@sockyard/cli/errors'
import type { SocketOption, SocketOptionType, SocketOptionValue } from '@sockyard/posix/options'

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['off', false],
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
])

interface Form {
  parse: (text: string) => SocketOptionValue | undefined
  allowed: string
}

const NOT_SETTABLE: Form = { parse: () => undefined, allowed: 'omitted: the option is read-only' }

/** How the values of each type are written after `--set NAME=`. */
const FORMS: Readonly<Record<SocketOptionType, Form>> = {
  flag: { parse: (text) => WORDS.get(text.toLowerCase()), allowed: 'on or off' },
  int: { parse: integer, allowed: 'a whole number' },
  linger: {
    parse: (text) => {
      const seconds = text === 'off' ? 0 : integer(text)
      return seconds === undefined ? undefined : { on: text !== 'off', seconds }
    },
    allowed: 'seconds, or off',
  },
  timeval: { parse: millis, allowed: 'a number of milliseconds' },
  name: { parse: (text) => text, allowed: 'a name' },
  ipv4Address: { parse: (text) => text, allowed: 'an IPv4 address' },
  ipv4Membership: {
    parse: (text) => {
      const { group, place } = atPlace(text)
      return place === undefined ? { group } : { group, ...indexOrAddress(place) }
    },
    allowed: 'GROUP, GROUP@ADDRESS or GROUP@INTERFACE_NUMBER',
  },
  ipv4SourceMembership: {
    parse: (text) => {
      const { source, group, place } = fromSource(text)
      if (source === undefined) return undefined
      return place === undefined ? { source, group } : { source, group, localAddress: place }
    },
    allowed: 'SOURCE,GROUP or SOURCE,GROUP@ADDRESS',
  },
  ipv6Membership: { parse: membership, allowed: 'GROUP or GROUP@INTERFACE_NUMBER' },
  groupMembership: { parse: membership, allowed: 'GROUP or GROUP@INTERFACE_NUMBER' },
  groupSourceMembership: {
    parse: (text) => {
      const { source, group, place = '0' } = fromSource(text)
      const interfaceIndex = integer(place)
      if (source === undefined || interfaceIndex === undefined) return undefined
      return { source, group, interfaceIndex }
    },
    allowed: 'SOURCE,GROUP or SOURCE,GROUP@INTERFACE_NUMBER',
  },
  tcpInfo: NOT_SETTABLE,
  credentials: NOT_SETTABLE,
}

/**
 * The value of an option as a user writes it.
 *
 * @throws {UsageError} when it is not of the option's type, or the option can be read only
 */
export function optionValue(
  { name, type, settable }: SocketOption,
  text: string,
): SocketOptionValue {
  const { parse, allowed } = settable ? FORMS[type] : NOT_SETTABLE
  const value = parse(text)
  if (value === undefined) throw new UsageError(`--set ${name}`, text, `must be ${allowed}`)
  return value
}

/** Number() reads no sign before 0x. */
function integer(text: string): number | undefined {
  const [, sign, digits] = /^(-?)(\d+|0x[\da-f]+)$/i.exec(text) ?? []
  if (digits === undefined) return undefined
  return sign === '-' ? -Number(digits) : Number(digits)
}

function millis(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function membership(text: string): SocketOptionValue | undefined {
  const { group, place = '0' } = atPlace(text)
  const interfaceIndex = integer(place)
  return interfaceIndex === undefined ? undefined : { group, interfaceIndex }
}

function atPlace(text: string): { group: string; place: string | undefined } {
  const [group = '', place] = text.split('@')
  return { group, place }
}

function fromSource(text: string) {
  const [source, rest] = text.split(',')
  return { source: rest === undefined ? undefined : source, ...atPlace(rest ?? '') }
}

function indexOrAddress(place: string): { interfaceIndex: number } | { localAddress: string } {
  const interfaceIndex = integer(place)
  return interfaceIndex === undefined ? { localAddress: place } : { interfaceIndex }
}
