import { ok, strictEqual } from 'node:assert/strict'

import { UsageError } from '@sockyard/cli/errors'
import { findSocketOption, type SocketOption } from '@sockyard/posix/options'
import { inetPton } from '@sockyard/posix/socket'
import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { conversion } from './address.ts'
import { sourceNames, sourcesIn } from './name-service.ts'
import { optionValue } from './option-value.ts'
import { labelOf, precedenceOf, tableOf } from './policy-table.ts'

/** An option of each type that can be set. */
const OPTIONS: readonly SocketOption[] = [
  'SO_KEEPALIVE',
  'SO_RCVBUF',
  'SO_LINGER',
  'SO_RCVTIMEO',
  'SO_BINDTODEVICE',
  'IP_MULTICAST_IF',
  'IP_ADD_MEMBERSHIP',
  'IP_ADD_SOURCE_MEMBERSHIP',
  'IPV6_JOIN_GROUP',
  'MCAST_JOIN_GROUP',
  'MCAST_JOIN_SOURCE_GROUP',
].map((name) => findSocketOption(name))

/** A value is of its option's type, or is refused. */
function socketOption(input: Uint8Array): void {
  const text = textOf(input.subarray(1))
  const option = OPTIONS[(input[0] ?? 0) % OPTIONS.length]
  if (option === undefined) return
  const value = orRefused(() => optionValue(option, text))
  if (value === undefined) return
  ok(typeof value !== 'function', `${option.name} ${text}`)
  if (option.type === 'flag') strictEqual(typeof value, 'boolean')
  if (option.type === 'int' || option.type === 'timeval') ok(Number.isFinite(value))
}

/** Every form of an address is one address. */
function conversions(input: Uint8Array): void {
  const found = orRefused(() => conversion(textOf(input)))
  if (found === undefined) return
  const bytes = Uint8Array.fromHex(found.bytes)
  strictEqual(inetPton(found.presentation)?.toHex(), bytes.toHex())
  ok(/^[\da-f.]+\.(?:in-addr|ip6)\.arpa$/.test(found.reverseName))
}

/** gai.conf(5) and nsswitch.conf(5): whatever stands there, every address has a precedence and a label. */
function resolverFiles(input: Uint8Array): void {
  const text = textOf(input)
  const table = tableOf(text)
  for (const address of [new Uint8Array(16), Uint8Array.from({ length: 16 }, () => 0x20)]) {
    ok(Number.isInteger(precedenceOf(table, address)), 'a precedence')
    ok(Number.isInteger(labelOf(table, address)), 'a label')
  }
  for (const database of ['hosts', 'services', 'protocols'] as const)
    for (const name of sourceNames(sourcesIn(text, database) ?? '')) ok(!/\s/.test(name), name)
}

function orRefused<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'socket-option',
    seeds: [
      '\x00on',
      '\x010x100',
      '\x02off',
      '\x0220',
      '\x031.5',
      '\x06239.1.1.1@127.0.0.1',
      '\x07192.0.2.1,232.1.1.1@1',
      '\x08ff15::1@2',
      '\x0a2001:db8::1,ff35::1',
    ],
    maximumBytes: 64,
    run: socketOption,
  },
  {
    name: 'address-forms',
    seeds: ['127.1', '0x7f000001', '017700000001', '2130706433', '::1', '0'.repeat(32)],
    maximumBytes: 64,
    run: conversions,
  },
  {
    name: 'resolver-files',
    seeds: [
      'precedence ::ffff:0:0/96 100\nlabel 2002::/16 2 # six to four\n',
      'hosts: files [NOTFOUND=return] dns\nservices:\tdb files # both\n',
      'label fc00::/7\nprecedence ::/0 40\n',
    ],
    maximumBytes: 256,
    run: resolverFiles,
  },
]
