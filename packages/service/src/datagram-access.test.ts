import { expect, it } from 'vitest'

import { received } from '../testing/received.ts'
import { createAddressList } from './address-list.ts'
import { DatagramAccess } from './datagram-access.ts'

const BLOCKS = (
  '0.0.0.0/0 10.0.0.0/8 10.1.2.3 10.1.2.3/32 10.1.0.0/15 192.0.2.128/25 ::/0 ' +
  '2001:db8::/32 2001:db8::/33 2001:db8::1 fe80::/10 ::ffff:10.0.0.0/104 10.9.9.9/9'
).split(' ')
const ADDRESSES = (
  '10.1.2.3 10.0.2.3 10.128.0.1 11.0.0.1 192.0.2.127 192.0.2.128 255.0.0.1 2001:db8::1 ' +
  '2001:db8:8000::1 2001:db9::1 fe80::1 febf::1 fec0::1 ::1'
).split(' ')

it('the lists for batches permit whom the lists for single datagrams do', () => {
  for (const one of BLOCKS)
    for (const lists of [
      { allow: [], deny: [one] },
      { allow: [one], deny: [] },
      { allow: [one, '2001:db8::/16'], deny: ['10.1.2.3', '2001:db8::1'] },
    ])
      for (const address of ADDRESSES)
        expect(
          new DatagramAccess(lists).check(received({ address }), 0),
          `${address} ${JSON.stringify(lists)}`,
        ).toBe(createAddressList(lists).check(address))
})
