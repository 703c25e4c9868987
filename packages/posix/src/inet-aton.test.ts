import { expect, it } from 'vitest'

import { inet_aton } from './inet-aton.ts'

it('inet_aton takes the classic forms', () => {
  for (const text of ['127.0.0.1', '127.1', '0x7f.1', '017700000001', '2130706433'])
    expect(inet_aton(text)?.join('.')).toBe('127.0.0.1')
  for (const text of ['', '127.0.0.1.1', '127.0.0.256', '::1', 'localhost'])
    expect(inet_aton(text)).toBeUndefined()
})
