import { expect, it } from 'vitest'

import { ReflectorSessions } from './reflector-sessions.ts'

it('counts each session by itself: address, port and session identifier', () => {
  const sessions = new ReflectorSessions()
  sessions.count('192.0.2.1', 40_000, 1)
  expect(sessions.count('192.0.2.1', 40_000, 1)).toEqual({ received: 2, sent: 2 })
  expect(sessions.count('192.0.2.1', 40_000, 2)).toEqual({ received: 1, sent: 1 })
  expect(sessions.count('192.0.2.1', 40_001, 1)).toEqual({ received: 1, sent: 1 })
})

it('forgets the least recent session when there are too many', () => {
  const sessions = new ReflectorSessions(2)
  for (const port of [1, 2, 1, 3]) sessions.count('192.0.2.1', port, 0)
  expect(sessions.count('192.0.2.1', 1, 0).received).toBe(3)
  expect(sessions.count('192.0.2.1', 2, 0).received).toBe(1)
})
