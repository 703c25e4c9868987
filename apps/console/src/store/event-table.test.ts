import { expect, test } from 'vitest'

import { openDatabase } from './database.ts'
import { EventTable, type StoredEvent } from './event-table.ts'

function tableOf(): EventTable {
  return new EventTable(openDatabase('').database)
}

test('an event that comes again is not stored again, and the last id of each service is known', () => {
  const table = tableOf()
  const event = { service: 'a', source: 'x-1', json: '{}' }
  expect(table.add([event, { ...event, source: 'x-2' }])).toHaveLength(2)
  expect(table.add([event])).toEqual([])
  expect(table.lastSource('a')).toBe('x-2')
  expect(table.lastSource('b')).toBeUndefined()
})

test('those after one are given oldest first, without it the latest', () => {
  const table = tableOf()
  const sources = ['1', '2', '3', '4', '5']
  table.add(sources.map((source) => ({ service: 'a', source, json: '{}' })))
  expect(table.after(2, 2).map(({ source }) => source)).toEqual(['3', '4'])
  expect(table.after(undefined, 2).map(({ source }) => source)).toEqual(['4', '5'])
})

test('too many bytes: the oldest go, but not the last one of a service', () => {
  const table = tableOf()
  table.add([{ service: 'quiet', source: 'q', json: '{}' }])
  const json = 'x'.repeat(60 * 1024)
  for (let batch = 0; batch < 12; batch += 1) {
    const sources = Array.from({ length: 100 }, (_, index) => `${batch}-${index}`)
    table.add(sources.map((source) => ({ service: 'loud', source, json })))
    table.expire()
  }
  const kept: StoredEvent[] = []
  for (let more = table.after(0, 10_000); more.length > 0;) {
    expect(more.length * json.length).toBeLessThanOrEqual(4 * 1024 * 1024)
    kept.push(...more)
    more = table.after(more.at(-1)?.id, 10_000)
  }
  expect(kept.length * json.length).toBeLessThanOrEqual(64 * 1024 * 1024)
  expect(kept[0]).toMatchObject({ service: 'quiet', source: 'q' })
  expect(kept.at(-1)).toMatchObject({ service: 'loud', source: '11-99' })
})
