import { expect, test } from 'vitest'

import { EventStreamReader, type StreamEvent } from './event-stream.ts'

function read(...pieces: string[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const reader = new EventStreamReader((event) => events.push(event))
  for (const piece of pieces) reader.write(piece)
  return events
}

test('events are read whatever the pieces they come in', () => {
  const stream = 'id: a-1\ndata: {"n":1}\n\n: a comment\nid: a-2\r\ndata: {"n":2}\r\n\r\n'
  const expected = [
    { id: 'a-1', data: '{"n":1}' },
    { id: 'a-2', data: '{"n":2}' },
  ]
  expect(read(stream)).toEqual(expected)
  expect(read(...stream.split(/(?=[^])/))).toEqual(expected)
})

test('an event that is not complete is none', () => {
  expect(read('id: 1\ndata: x\n')).toEqual([])
})

test('a line without end is not kept, and the next event is read', () => {
  const long = Array.from({ length: 100 }, () => 'x'.repeat(10_000))
  expect(read('data: ', ...long, '\n\nid: 2\ndata: y\n\n')).toEqual([{ id: '2', data: 'y' }])
})
