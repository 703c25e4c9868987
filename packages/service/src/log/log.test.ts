import { NetworkError } from '@sockyard/net/errors'
import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'

import { createLog } from './log.ts'

function logged(format: 'json' | 'text', level: 'info' | 'debug' = 'info') {
  const written: string[] = []
  const published: string[] = []
  const log = createLog({
    name: 'test',
    level,
    format,
    write: (line) => written.push(line),
    publish: (json) => published.push(json),
  })
  return { log, written, published }
}

test('an event is one JSON object with level, at, name and message', () => {
  const { log, written, published } = logged('json')
  log.info({ transport: 'tcp', port: 7 }, 'listening')
  expect(JSON.parse(written.join(''))).toEqual({
    level: 'info',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    name: 'test',
    transport: 'tcp',
    port: 7,
    msg: 'listening',
  })
  expect(`${published.join('')}\n`).toBe(written.join(''))
})

test('as text it has the time, the level when it is not info, the message and the fields', () => {
  const { log, written } = logged('text')
  log.info({ transport: 'tcp', port: 7, empty: '', quoted: 'a b' }, 'listening')
  log.warn('careful')
  log.error({ error: new NetworkError('refused', { errorClass: 'REFUSED' }) }, 'failed')
  log.error({ error: new RangeError('of ours') }, 'failed')
  log.error({ error: 'of a worker' }, 'failed')
  expect(written.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, ''))).toEqual([
    'listening transport=tcp port=7 empty="" quoted="a b"\n',
    'WARN careful\n',
    'ERROR failed error=refused\n',
    'ERROR failed error="RangeError: of ours"\n',
    'ERROR failed error="of a worker"\n',
  ])
})

test('as text a report shows its words only; JSON and the event stream have the data', () => {
  const { log, written, published } = logged('text')
  log.info({ event: 'sample', data: { rttMicros: 12 } }, '64 B from ::1 in 12 µs')
  expect(written.join('')).toMatch(/^[\d:.]+ 64 B from ::1 in 12 µs\n$/)
  expect(JSON.parse(published.join(''))).toMatchObject({
    event: 'sample',
    data: { rttMicros: 12 },
  })
})

test('an error is an object in every line, however it was given', () => {
  const { log, written } = logged('json')
  const code = 'ECONNREFUSED'
  log.error({ error: new NetworkError('refused', { errorClass: 'REFUSED', code }) }, 'failed')
  log.error({ error: 'of a worker' }, 'failed')
  log.error(new TypeError('a bug'))
  expect(written.map((line) => JSON.parse(line).error)).toEqual([
    { type: 'NetworkError', message: 'refused', errorClass: 'REFUSED', code },
    { message: 'of a worker' },
    { type: 'TypeError', message: 'a bug' },
  ])
})

test('a stack is shown at the level debug only', () => {
  for (const level of ['info', 'debug'] as const) {
    const { log, written } = logged('json', level)
    log.error({ error: new Error('no') }, 'failed')
    expect(written.join('').includes('log.test.ts')).toBe(level === 'debug')
  }
})

test('any input of a peer is one line without control characters, in both formats', () => {
  const { log, written } = logged('text')
  const { log: jsonLog, written: jsonWritten } = logged('json')
  assert(
    property(string({ unit: 'binary' }), string({ unit: 'binary' }), (key, text) => {
      written.length = 0
      jsonWritten.length = 0
      log.info({ [`x${key}`]: text }, text)
      jsonLog.info({ [`x${key}`]: text }, text)
      for (const line of [...written, ...jsonWritten])
        expect(line).toMatch(/^[^\p{Cc}\u2028\u2029\u202e]*\n$/u)
      expect(JSON.parse(jsonWritten.join(''))).toMatchObject({ msg: text, [`x${key}`]: text })
    }),
  )
})
