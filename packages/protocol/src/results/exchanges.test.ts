import { readFileSync } from 'node:fs'

import { assert, jsonValue, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { labEvent, type LabEvent, messageEvent, type MessageEvent } from './index.ts'

const at = '2026-11-27T12:00:00.123456Z'
const place = { address: '127.0.0.1', port: 3111 }
const totals = { sent: 1, sentBytes: 8, received: 0, receivedBytes: 0 }

const MESSAGES: MessageEvent[] = [
  { event: 'start', at, data: { transport: 'tcp', host: 'localhost', ...place } },
  { event: 'sample', at, data: { direction: 'sent', ...place, sizeBytes: 8, text: 'bonjour\0' } },
  { event: 'end', at, data: totals },
  { event: 'end', at, data: { ...totals, error: { errorClass: 'TIMEOUT', message: 'no' } } },
]

const LAB: LabEvent[] = [
  { event: 'start', at, data: { experiment: 'peek', about: 'MSG_PEEK reads without taking' } },
  {
    event: 'sample',
    at,
    data: {
      step: 1,
      who: 'server',
      call: 'recv',
      arguments: ['3', 'MSG_PEEK'],
      returned: -1,
      errno: 'EAGAIN',
      got: null,
      why: 'a look',
      packets: [
        {
          protocol: 'tcp',
          source: '127.0.0.1:3111',
          destination: '127.0.0.1:50930',
          about: 'SYN, ACK',
          length: 60,
          bytes: 'RQAAPA==',
        },
      ],
    },
  },
  { event: 'end', at, data: { steps: 1, lesson: 'it stays' } },
]

describe.each([
  ['messages', messageEvent, MESSAGES],
  ['lab', labEvent, LAB],
] as const)('the lines of %s', (name, schema, events) => {
  const file = new URL(`../../../../docs/schemas/${name}.json`, import.meta.url)
  const published = z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')))

  test('are valid by the schema and by the published one, and invalid with a field too many', () => {
    for (const event of events) {
      expect(schema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event)
      expect(published.safeParse(event).error).toBeUndefined()
      const more = { ...event, data: { ...event.data, surprise: 1 } }
      expect(schema.safeParse(more).success).toBe(false)
      expect(published.safeParse(more).success).toBe(false)
    }
  })

  test('no JSON value makes the schema throw', () => {
    assert(
      property(jsonValue(), (data) => {
        expect(schema.safeParse(data).success).toBe(false)
        expect(schema.safeParse({ event: 'sample', data }).success).toBe(false)
      }),
    )
  })
})
