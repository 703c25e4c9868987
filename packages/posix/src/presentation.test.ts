import { expect, it } from 'vitest'

import { bytesToPresentation, presentationToBytes } from './presentation.ts'

it.each([
  ['192.0.2.7', [192, 0, 2, 7]],
  ['::1', [...Array<number>(15).fill(0), 1]],
  ['::ffff:10.1.1.1', [...Array<number>(10).fill(0), 255, 255, 10, 1, 1, 1]],
  ['2001:db8::8:800:200c:417a', [32, 1, 13, 184, 0, 0, 0, 0, 0, 8, 8, 0, 32, 12, 65, 122]],
])('%s', (text, bytes) => {
  expect([...(presentationToBytes(text) ?? [])]).toEqual(bytes)
  expect(bytesToPresentation(Uint8Array.from(bytes))).toBe(text)
})

it('what is no address has no bytes', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', 'localhost', 'fe80::1%lo', '::1\0']) {
    expect(presentationToBytes(text)).toBeUndefined()
  }
  expect(() => bytesToPresentation(new Uint8Array(5))).toThrow(RangeError)
})
