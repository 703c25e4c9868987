import { expect, test } from 'vitest'

import { ServerUrlError, serverUrl } from './connection.ts'

test.each([
  ['nats://localhost', 'nats://localhost:4222'],
  ['tls://nats.example.net:4443', 'tls://nats.example.net:4443'],
  ['nats://[::1]:4222', 'nats://[::1]:4222'],
])('%s is %s', (text, url) => {
  expect(serverUrl(text)).toBe(url)
})

test.each(['localhost:4222', 'http://localhost', 'nats://', ''])('"%s" is no server', (text) => {
  expect(() => serverUrl(text)).toThrow(ServerUrlError)
})

test('an address with a password is refused without repeating it', () => {
  expect(() => serverUrl('nats://zoe:secret@localhost')).toThrow(/^(?!.*secret).*credentials/)
})
