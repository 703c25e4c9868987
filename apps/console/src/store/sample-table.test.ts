import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { Series } from '../services/series.ts'
import { openDatabase } from './database.ts'
import { SampleTable } from './sample-table.ts'

const BEGIN = 1_800_000_000

function series(id: string): Series {
  return { id, service: 's', name: 'n', labels: {}, unit: '', kind: 'gauge' }
}

function tableOf(path = ''): SampleTable {
  const table = new SampleTable(openDatabase(path).database)
  table.define(series('a'))
  return table
}

test('what was measured in an hour is there for each second, and for longer in bands', () => {
  const table = tableOf()
  for (let second = 0; second < 7_200; second += 1) table.add('a', BEGIN + second, second % 10)
  const now = BEGIN + 7_200
  const recent = table.range('a', now - 60, now, 60, now)
  expect(recent).toMatchObject({ stepSeconds: 1, values: recent.times.map((time) => time % 10) })
  const old = table.range('a', BEGIN, BEGIN + 100, 100, now)
  expect(old.stepSeconds).toBe(10)
  expect(old.low).toEqual(old.times.map(() => 0))
  expect(old.high).toEqual(old.times.map(() => 9))
  for (const value of old.values) expect(value).toBeCloseTo(4.5)
})

test('more steps than points are merged, and where nothing was measured is null', () => {
  const table = tableOf()
  for (let second = 0; second < 100; second += 1) table.add('a', BEGIN + second, second)
  const { times, values, low, high } = table.range('a', BEGIN, BEGIN + 200, 20, BEGIN + 200)
  expect(times).toHaveLength(20)
  expect([low[0], values[0], high[0]]).toEqual([0, 4.5, 9])
  expect(values.slice(10)).toEqual(Array.from({ length: 10 }, () => null))
  expect(table.range('none', BEGIN, BEGIN + 10, 5, BEGIN).values).toEqual([
    null,
    null,
    null,
    null,
    null,
  ])
})

test('a block that was begun is gone on with after a new start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'samples-'))
  const path = join(folder, 'store')
  for (const first of [0, 10]) {
    const table = tableOf(path)
    for (let second = first; second < first + 10; second += 1)
      table.add('a', BEGIN + second, second)
    table.flush()
  }
  const { values } = tableOf(path).range('a', BEGIN, BEGIN + 20, 20, BEGIN + 20)
  expect(values).toEqual(Array.from({ length: 20 }, (_, index) => index))
  await rm(folder, { recursive: true })
})

test('a sample takes 16 bytes at most, and what is older than it is kept goes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'samples-'))
  const path = join(folder, 'store')
  const { database } = openDatabase(path)
  const table = new SampleTable(database)
  const ids = Array.from({ length: 20 }, (_, index) => `series ${index}`)
  for (const id of ids) table.define(series(id))
  const SECONDS = 3_600
  for (let second = 0; second < SECONDS; second += 1)
    for (const id of ids) table.add(id, BEGIN + second, second * Math.PI)
  table.flush()
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM')
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const samples = ids.length * SECONDS * (1 + 1 / 10 + 1 / 300)
  expect((await stat(path)).size / samples).toBeLessThanOrEqual(16)
  table.expire(BEGIN + 31 * 86_400)
  expect(database.prepare('SELECT count(*) AS n FROM samples').get()).toMatchObject({ n: 0 })
  database.close()
  await rm(folder, { recursive: true })
})
