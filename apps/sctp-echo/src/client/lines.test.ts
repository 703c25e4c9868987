import { expect, it } from 'vitest'

import { echoStream } from '../server/echo-service.ts'
import { messageText, parseStreamLine, toEveryStream, toMessage } from './lines.ts'

it.each([
  ['[3]hello', { stream: 3, text: 'hello' }],
  ['[65535]', { stream: 65_535, text: '' }],
  ['hello', { stream: 0, text: 'hello' }],
  ['[x]hello', { stream: 0, text: '[x]hello' }],
  ['[123456]hello', { stream: 0, text: '[123456]hello' }],
  ['[1][2]hello', { stream: 1, text: '[2]hello' }],
])('the line %s', (line, expected) => {
  expect(parseStreamLine(line)).toEqual(expected)
})

it('a line for every stream', () => {
  expect(toEveryStream('x', 2)).toEqual([
    { stream: 0, text: 'x.msg.0' },
    { stream: 1, text: 'x.msg.1' },
  ])
})

it.each([
  [0, 1, 4, 1],
  [3, 1, 4, 0],
  [3, 0, 4, 3],
  [9, 0, 4, 1],
  [0, 1, 1, 0],
])('what came on stream %i, increment %i, of %i streams, goes out on %i', (...numbers) => {
  const [stream, increment, streams, expected] = numbers
  expect(echoStream(stream, increment, streams)).toBe(expected)
})

it('a message is filled up, and read without what filled it up', () => {
  expect(toMessage('grüß', 10)).toHaveLength(10)
  expect(messageText(toMessage('grüß', 10))).toBe('grüß')
  expect(toMessage('longer', 3)).toHaveLength(6)
  expect(messageText(new Uint8Array(5))).toBe('')
})
