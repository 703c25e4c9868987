import type { Notification } from '@sockyard/sctp'
import { expect, test } from 'vitest'

import { eventText, toEvent } from './association-events.ts'

const peer = { address: '2001:db8::7', port: 9899 }

test.each<[string, Partial<Notification>, string]>([
  [
    'an address of the peer that no longer answers',
    { type: 'peer-address', state: 'unreachable', peer },
    'peer address unreachable address=[2001:db8::7]:9899',
  ],
  ['the beginning of the end', { type: 'shutdown' }, 'the peer shuts down'],
  ['its end', { type: 'shutdown-complete' }, 'association ended'],
  [
    'a message that was not delivered',
    { type: 'send-failed', stream: 3, data: new Uint8Array(5), sent: true },
    'send failed stream=3 bytes=5 sent=yes',
  ],
])('%s is told in one line', (_what, notification, text) => {
  const event = toEvent({ association: 1, ...notification } as Notification)
  expect(event && eventText(event)).toBe(text)
})

test('room in the local send buffer is not logged', () => {
  expect(toEvent({ type: 'drain', association: 1 })).toBeUndefined()
})
