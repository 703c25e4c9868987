import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { BlockList, isIP, isIPv4 } from 'node:net'

import { inetNtop, inetPton } from '@sockyard/posix/socket'
import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { AccessList } from '../access/access-list.ts'
import { ConfigurationError } from '../errors/errors.ts'
import { AddressRecord, sourceAddress } from './address-words.ts'
import { addressBytes, clientPrefix, ipv6Text, normalizeMappedAddress } from './addresses.ts'
import { parseTarget } from './resolve.ts'

/** Numeric addresses are read as libc reads them, and written as it writes them (RFC 5952). */
function numericAddress(input: Uint8Array): void {
  const text = textOf(input)
  if (isIP(text) === 0 || text.includes('%')) return
  const bytes = Uint8Array.from(addressBytes(text))
  deepStrictEqual(bytes, inetPton(text))
  ok(clientPrefix(text) !== '' && normalizeMappedAddress(text) !== '')
  const record = new AddressRecord()
  record.setSource(text, 1)
  const shown = sourceAddress(record, 0) ?? ''
  const isMapped = bytes.length === 16 && isIPv4(shown)
  deepStrictEqual(inetPton(shown), isMapped ? bytes.slice(12) : bytes)
}

/** Any sixteen bytes have the text that inet_ntop(3) gives, but for those that it shows as IPv4. */
function ipv6Bytes(input: Uint8Array): void {
  if (input.length < 16) return
  const bytes = Uint8Array.from(input.subarray(0, 16))
  const view = new DataView(bytes.buffer)
  const text = ipv6Text(Array.from({ length: 8 }, (_, group) => view.getUint16(2 * group)))
  const expected = inetNtop(bytes)
  if (!expected.includes('.')) strictEqual(text, expected)
  deepStrictEqual(inetPton(text), bytes)
}

/** HOST:PORT is a host without blanks and a port, or a refusal that names it. */
function target(input: Uint8Array): void {
  const text = textOf(input)
  const parsed = orRefused(() => parseTarget(text, 3111))
  if (parsed === undefined) return
  ok(parsed.port >= 1 && parsed.port <= 65_535, 'a port')
  ok(parsed.host !== '' && !/\s/.test(parsed.host) && text.includes(parsed.host), 'a part of it')
}

/** A block that is taken permits what Node's own list says is in it. */
function accessList(input: Uint8Array): void {
  const [entry = '', address = ''] = textOf(input).split(' ')
  const list = orRefused(() => new AccessList({ allow: [entry] }))
  if (list === undefined) return
  const [network = '', prefix] = entry.split('/')
  if (isIP(address) === 0 || `${network}${address}`.includes('%')) return
  const isMapped = /^::ffff:|^0*:.*ffff/i.test(network) || /^::ffff:|^0*:.*ffff/i.test(address)
  if (isMapped || isIP(address) !== isIP(network)) return
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const node = new BlockList()
  node.addSubnet(network, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family)
  strictEqual(list.check(address) === 'permitted', node.check(address, family))
}

function orRefused<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined
    throw error
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'numeric-address',
    seeds: ['192.0.2.1', '2001:db8::1', '::ffff:10.1.1.1', '1:2:3:4:5:6:7:8', '64:ff9b::1.2.3.4'],
    maximumBytes: 48,
    run: numericAddress,
  },
  {
    name: 'ipv6-bytes',
    seeds: [
      new Uint8Array(16),
      Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1),
    ],
    maximumBytes: 32,
    run: ipv6Bytes,
  },
  {
    name: 'target',
    seeds: ['localhost:3111', '[::1]:80', '[fe80::1%eth0]', '::1', 'a.example', '::1:3111'],
    maximumBytes: 64,
    run: target,
  },
  {
    name: 'access-list',
    seeds: [
      '10.0.0.0/8 10.1.2.3',
      '2001:db8::/33 2001:db8:8000::1',
      '192.0.2.1 192.0.2.1',
      '::/0 ::1',
      '0.0.0.0/0 1.2.3.4',
    ],
    maximumBytes: 96,
    run: accessList,
  },
]
