import { inetPton } from '@sockyard/posix/socket'
import { expect, test } from 'vitest'

import { mappedBytes } from './destination-order.ts'
import { glibcTable, labelOf, precedenceOf, rfc6724Table, tableOf } from './policy-table.ts'

function bytes(text: string): Uint8Array {
  return mappedBytes(inetPton(text) ?? new Uint8Array(16))
}

test('the longest prefix counts', () => {
  const policies = ['::1', '192.0.2.1', '2002::1', 'fd00::1', '2001:db8::1', '2001::1'].map(
    (text) => [precedenceOf(rfc6724Table, bytes(text)), labelOf(rfc6724Table, bytes(text))],
  )
  expect(policies).toEqual([
    [50, 0],
    [35, 4],
    [30, 2],
    [3, 13],
    [40, 1],
    [5, 5],
  ])
})

test('a gai.conf of comments changes nothing', () => {
  expect(tableOf('# label ::1/128 0\n#precedence  ::ffff:0:0/96  100\nreload yes\n')).toEqual(
    glibcTable,
  )
})

test('one precedence replaces them all, but for ::/0', () => {
  const table = tableOf('precedence ::ffff:0:0/96  100  # IPv4 first\n')
  expect(precedenceOf(table, bytes('192.0.2.1'))).toBe(100)
  expect(precedenceOf(table, bytes('::1'))).toBe(40)
  expect(labelOf(table, bytes('192.0.2.1'))).toBe(4)
})

test('what is no line of gai.conf is passed over', () => {
  expect(tableOf('precedence nonsense 1\nlabel ::1/128\nlabel\n\0')).toEqual(glibcTable)
})

test('a line whose numbers are none is passed over, as glibc does', () => {
  const broken = ['label 2001:db8::/32 x', 'label 2001:db8::/x 3', 'label 2001:db8::/129 3']
  const table = tableOf([...broken, 'label 2002::/16 -4', 'precedence ::/0 1e3'].join('\n'))
  expect(table).toEqual(glibcTable)
})
