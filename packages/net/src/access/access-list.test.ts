import { BlockList } from 'node:net'

import { describe, expect, it } from 'vitest'

import { received } from '../../testing/received.ts'
import { ConfigurationError } from '../errors/errors.ts'
import { AccessList } from './access-list.ts'

describe('allow and deny lists', () => {
  it('permit every address when both are empty', () => {
    expect(new AccessList({}).check('192.0.2.1')).toBe('permitted')
  })

  it.each(['10.1.1.1', '::ffff:10.1.1.1', '::FFFF:10.1.1.1'])(
    'deny %s by 10.0.0.0/8',
    (address) => {
      expect(new AccessList({ deny: ['10.0.0.0/8'] }).check(address)).toBe('denied')
    },
  )

  it('understand a block written IPv4-mapped', () => {
    const list = new AccessList({ deny: ['::ffff:10.0.0.0/104'] })
    expect(list.check('10.200.0.1')).toBe('denied')
    expect(list.check('11.0.0.1')).toBe('permitted')
  })

  it('look past the zone of a link-local address', () => {
    expect(new AccessList({ deny: ['fe80::/10'] }).check('fe80::1%eth0')).toBe('denied')
  })

  it('permit only allowed addresses, and deny wins', () => {
    const list = new AccessList({
      allow: ['2001:db8::/32', '10.0.0.1'],
      deny: ['2001:db8:1::/48'],
    })
    expect(list.check('2001:db8:2::1')).toBe('permitted')
    expect(list.check('10.0.0.1')).toBe('permitted')
    expect(list.check('10.0.0.2')).toBe('not-allowed')
    expect(list.check('2001:db8:1::1')).toBe('denied')
  })

  it.each([
    '10.0.0.0/33',
    'example.org',
    '::/129',
    '10.0.0.0/',
    '1.2.3.4/8/8',
    '',
    '::ffff:1.2.3.4/20',
  ])('refuse %j and name it', (entry) => {
    expect(() => new AccessList({ allow: [entry] })).toThrow(ConfigurationError)
    expect(() => new AccessList({ allow: [entry] })).toThrow(`--allow ${entry}`)
  })
})

const BLOCKS = (
  '0.0.0.0/0 10.0.0.0/8 10.1.2.3 10.1.2.3/32 10.1.0.0/15 192.0.2.128/25 ::/0 ' +
  '2001:db8::/32 2001:db8::/33 2001:db8::1 fe80::/10 10.9.9.9/9'
).split(' ')
const ADDRESSES = (
  '10.1.2.3 10.0.2.3 10.128.0.1 11.0.0.1 192.0.2.127 192.0.2.128 255.0.0.1 2001:db8::1 ' +
  '2001:db8:8000::1 2001:db9::1 fe80::1 febf::1 fec0::1 ::1'
).split(' ')

/** What Node says of the same block. A block of IPv6 holds the IPv4-mapped addresses that lie in it. */
function isIn(address: string, entry: string): boolean {
  const [network = '', length] = entry.split('/')
  const family = network.includes(':') ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, Number(length ?? (family === 'ipv4' ? 32 : 128)), family)
  return address.includes(':') ? list.check(address, 'ipv6') : list.check(address, 'ipv4')
}

it.each(BLOCKS.filter((entry) => entry !== '::/0'))(
  '%s holds what Node says, as text and in datagrams',
  (entry) => {
    for (const address of ADDRESSES) {
      const expected = isIn(address, entry) ? 'permitted' : 'not-allowed'
      const list = new AccessList({ allow: [entry] })
      expect(list.check(address), address).toBe(expected)
      expect(list.checkSource(received({ address }), 0), address).toBe(expected)
    }
  },
)
