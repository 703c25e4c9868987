import { describe, expect, it } from 'vitest'

import { createAddressList } from './address-list.ts'
import { UsageError } from './errors.ts'

describe('allow and deny lists', () => {
  it('permit everybody when both are empty', () => {
    expect(createAddressList({}).check('192.0.2.1')).toBe('permitted')
  })

  it.each(['10.1.1.1', '::ffff:10.1.1.1', '::FFFF:10.1.1.1'])(
    'deny %s by 10.0.0.0/8',
    (address) => {
      expect(createAddressList({ deny: ['10.0.0.0/8'] }).check(address)).toBe('denied')
    },
  )

  it('understand a block written IPv4-mapped', () => {
    const list = createAddressList({ deny: ['::ffff:10.0.0.0/104'] })
    expect(list.check('10.200.0.1')).toBe('denied')
    expect(list.check('11.0.0.1')).toBe('permitted')
  })

  it('look past the zone of a link-local address', () => {
    expect(createAddressList({ deny: ['fe80::/10'] }).check('fe80::1%eth0')).toBe('denied')
  })

  it('let only those in who are allowed, and deny wins', () => {
    const list = createAddressList({
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
    expect(() => createAddressList({ allow: [entry] })).toThrow(UsageError)
    expect(() => createAddressList({ allow: [entry] })).toThrow(`--allow ${entry}`)
  })
})
