import { readdirSync, readFileSync } from 'node:fs'

import { assert, constantFrom, jsonValue, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import * as examples from './examples.testing.ts'
import * as schemas from './index.ts'
import { jsonSchemas } from './json-schemas.ts'

const folder = new URL('../../../../docs/schemas/', import.meta.url)
const published = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
)

test('docs/schemas is current (`pnpm --filter @sockyard/protocol schemas` writes it)', () => {
  expect(published).toEqual(jsonSchemas())
})

const clients = [
  { name: 'daytime-query', schema: schemas.daytimeQueryEvent, events: examples.daytimeQuery },
  { name: 'echo-ping', schema: schemas.echoPingEvent, events: examples.echoPing },
  { name: 'tcp-bulk', schema: schemas.tcpBulkEvent, events: examples.tcpBulk },
  { name: 'multicast-send', schema: schemas.multicastSendEvent, events: examples.multicastSend },
  {
    name: 'multicast-receive',
    schema: schemas.multicastReceiveEvent,
    events: examples.multicastReceive,
  },
  { name: 'sctp-send', schema: schemas.sctpSendEvent, events: examples.sctpSend },
  { name: 'sntp-observe', schema: schemas.sntpObserveEvent, events: examples.sntpObserve },
  { name: 'sntp-query', schema: schemas.sntpQueryEvent, events: examples.sntpQuery },
]

describe.each(clients)('the results of $name', ({ name, schema, events }) => {
  test('are read from their JSON as they were', () => {
    for (const event of events) expect(schema.parse(asJson(event))).toEqual(event)
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set(['start', 'sample', 'interval', 'end']),
    )
  })

  test('are valid by the published JSON Schema, and invalid with a field too many', () => {
    const fromDocs = z.fromJSONSchema(JSON.parse(published.get(`${name}.json`) ?? 'false'))
    for (const event of events) {
      expect(fromDocs.safeParse(asJson(event)).error).toBeUndefined()
      const more = { ...event, data: { ...event.data, surprise: 1 } }
      expect(fromDocs.safeParse(more).success).toBe(false)
    }
  })

  test('are refused with any required field missing or of another kind', () => {
    for (const { event, at, data } of events) {
      for (const [field, value] of Object.entries(data)) {
        const { [field]: _gone, ...rest } = data as Record<string, unknown>
        expect(schema.safeParse({ event, at, data: rest }).success).toBe(field === 'error')
        const wrong = { ...data, [field]: typeof value === 'boolean' ? 'yes' : true }
        expect(schema.safeParse({ event, at, data: wrong }).success).toBe(false)
      }
    }
  })

  test('have the time at which they were written', () => {
    for (const { at: _at, ...event } of events) expect(schema.safeParse(event).success).toBe(false)
  })

  test('may stand in a log line, with its time and level', () => {
    const [event] = events
    expect(schema.safeParse({ level: 'info', msg: 'text', ...event }).success).toBe(true)
  })

  test('no JSON value makes the schema throw', () => {
    const kinds = constantFrom('start', 'sample', 'interval', 'end', 'other')
    assert(
      property(jsonValue(), kinds, (data, event) => {
        expect(schema.safeParse(data).success).toBe(false)
        expect(schema.safeParse({ event, data }).success).toBe(false)
      }),
    )
  })
})

test('an error has one of the six classes', () => {
  const failed = examples.echoPing.find(({ data }) => 'error' in data)
  expect(failed).toMatchObject({ data: { error: { errorClass: 'REFUSED' } } })
  const other = { ...failed, data: { ...failed?.data, error: { errorClass: 'ODD', message: 'x' } } }
  expect(schemas.echoPingEvent.safeParse(other).success).toBe(false)
})

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
