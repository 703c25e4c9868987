import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { Series } from '../services/series.ts'
import { Block, blockSeconds, blockStart, LEVELS, type Step, STEPS, unpackSteps } from './blocks.ts'

/** More series are not stored. */
const MAXIMUM_SERIES = 2_000

/** What a chart is drawn from: for each time what was measured from then on, or null. */
export interface SampleRange {
  series: string
  stepSeconds: number
  /** Seconds since 1970. */
  times: number[]
  values: (number | null)[]
  low: (number | null)[]
  high: (number | null)[]
}

/** Samples of all series, rolled up as they come. */
export class SampleTable {
  readonly #database: DatabaseSync
  readonly #upsert: StatementSync
  readonly #select: StatementSync
  readonly #numbers = new Map<string, number>()
  /** By number of the series, the blocks that samples come to, one for each level. */
  readonly #open = new Map<number, Block[]>()
  readonly #dirty = new Map<Block, number>()

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#upsert = database.prepare(
      'INSERT INTO samples VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET steps = excluded.steps',
    )
    this.#select = database.prepare(
      'SELECT steps FROM samples WHERE series = ? AND level = ? AND start = ?',
    )
    for (const row of database.prepare('SELECT id, number FROM series').all())
      this.#numbers.set(String(row['id']), Number(row['number']))
  }

  /** From now on samples of this series are taken; it may be known already. */
  define({ id, service, name, labels, unit, kind }: Series): void {
    if (this.#numbers.has(id) || this.#numbers.size >= MAXIMUM_SERIES) return
    const { lastInsertRowid } = this.#database
      .prepare(
        'INSERT INTO series (id, service, name, labels, unit, kind) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(id, service, name, JSON.stringify(labels), unit, kind)
    this.#numbers.set(id, Number(lastInsertRowid))
  }

  series(): Series[] {
    const rows = this.#database
      .prepare('SELECT id, service, name, labels, unit, kind FROM series ORDER BY number')
      .all()
    return rows.map(
      (row) =>
        Object.assign(row, { labels: JSON.parse(String(row['labels'])) }) as unknown as Series,
    )
  }

  /** @param seconds since 1970 */
  add(id: string, seconds: number, value: number): void {
    const number = this.#numbers.get(id)
    if (number === undefined) return
    const blocks = this.#blocksAt(number, seconds)
    for (const block of blocks) {
      block.add(seconds, value)
      this.#dirty.set(block, number)
    }
  }

  /** Writes what came since the flush before, in one transaction. */
  flush(): void {
    if (this.#dirty.size === 0) return
    this.#database.exec('BEGIN')
    for (const [block, number] of this.#dirty)
      this.#upsert.run(number, block.level, block.start, block.pack())
    this.#database.exec('COMMIT')
    this.#dirty.clear()
  }

  /**
   * The samples of a series, at most `points` of them: in the finest steps that are kept for so long, and as many of
   * those in one as need be.
   *
   * @param from and `to`, seconds since 1970
   */
  range(series: string, from: number, to: number, points: number, now: number): SampleRange {
    this.flush()
    const level = levelFor(from, now)
    const { stepSeconds: finest } = LEVELS[level] ?? LEVELS[0]
    const stepSeconds = finest * Math.max(1, Math.ceil((to - from) / finest / points))
    const first = Math.floor(from / stepSeconds) * stepSeconds
    const count = Math.max(0, Math.ceil((to - first) / stepSeconds))
    const steps = Array.from({ length: count }, (): Step | undefined => undefined)
    for (const [time, step] of this.#steps(series, level, first, to)) {
      const index = Math.floor((time - first) / stepSeconds)
      if (index >= 0 && index < count) steps[index] = merged(steps[index], step)
    }
    return {
      series,
      stepSeconds,
      times: steps.map((_, index) => first + index * stepSeconds),
      values: steps.map((step) => step?.mean ?? null),
      low: steps.map((step) => step?.low ?? null),
      high: steps.map((step) => step?.high ?? null),
    }
  }

  /** Removes what is older than it is kept. @param now seconds since 1970 */
  expire(now: number): void {
    const remove = this.#database.prepare(
      'DELETE FROM samples WHERE series = ? AND level = ? AND start < ?',
    )
    for (const number of this.#numbers.values())
      for (const [level, { keptSeconds }] of LEVELS.entries())
        remove.run(number, level, now - keptSeconds - blockSeconds(level))
    this.#forgetEmptySeries()
  }

  /** Those of services that are gone make room for others. */
  #forgetEmptySeries(): void {
    const empty = this.#database
      .prepare(
        'SELECT id, number FROM series WHERE NOT EXISTS (SELECT 1 FROM samples WHERE series = number)',
      )
      .all()
    for (const { id, number } of empty) {
      if (this.#open.has(Number(number))) continue
      this.#database.prepare('DELETE FROM series WHERE number = ?').run(Number(number))
      this.#numbers.delete(String(id))
    }
  }

  #blocksAt(number: number, seconds: number): Block[] {
    const open = this.#open.get(number) ?? []
    this.#open.set(number, open)
    for (const level of LEVELS.keys()) {
      const start = blockStart(level, seconds)
      if (open[level]?.start !== start) open[level] = this.#load(number, level, start)
    }
    return open
  }

  /** A block that was begun before the console was started goes on. */
  #load(number: number, level: number, start: number): Block {
    const stored = this.#select.get(number, level, start)?.['steps']
    return new Block(level, start, stored instanceof Uint8Array ? stored : undefined)
  }

  *#steps(series: string, level: number, from: number, to: number): Generator<[number, Step]> {
    const { stepSeconds } = LEVELS[level] ?? LEVELS[0]
    const rows = this.#database
      .prepare(
        'SELECT start, steps FROM samples WHERE series = ? AND level = ? AND start BETWEEN ? AND ? ORDER BY start',
      )
      .iterate(this.#numbers.get(series) ?? 0, level, from - stepSeconds * STEPS, to)
    for (const { start, steps } of rows) {
      const unpacked = steps instanceof Uint8Array ? unpackSteps(level, steps) : []
      for (const [index, step] of unpacked.entries())
        if (step !== undefined) yield [Number(start) + index * stepSeconds, step]
    }
  }
}

/** The finest level that reaches back so far. */
function levelFor(from: number, now: number): number {
  const level = LEVELS.findIndex(({ keptSeconds }) => now - from <= keptSeconds)
  return level === -1 ? LEVELS.length - 1 : level
}

function merged(one: Step | undefined, other: Step): Step {
  if (one === undefined) return { ...other }
  const count = one.count + other.count
  return {
    low: Math.min(one.low, other.low),
    high: Math.max(one.high, other.high),
    mean: one.mean + ((other.mean - one.mean) * other.count) / count,
    count,
  }
}
