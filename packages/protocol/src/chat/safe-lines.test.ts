import { array, assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { SafeLines } from './safe-lines.ts'

test('whatever a server sends, no control byte reaches the user', () => {
  assert(
    property(array(uint8Array({ maxLength: 64 })), (chunks) => {
      const incoming = new SafeLines()
      const lines = [...chunks.flatMap((chunk) => incoming.push(chunk)), ...incoming.end()]
      expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u)
    }),
  )
})
