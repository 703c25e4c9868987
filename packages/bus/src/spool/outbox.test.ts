import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Outbox } from './outbox.ts'
import { Spool } from './spool.ts'

const encode = (entries: readonly string[]): Uint8Array => Buffer.from(JSON.stringify(entries))

/** A place that fails as told, and stores a message once for each id, as JetStream does. */
class Store {
  readonly stored = new Map<string, string[]>()
  isReachable = true
  attempts = 0
  /** Called after each attempt. */
  onAttempt = (): void => {}

  get entries(): string[] {
    return [...this.stored.values()].flat()
  }

  async publish(id: string, payload: Uint8Array): Promise<void> {
    this.attempts += 1
    if (this.isReachable) this.stored.set(id, JSON.parse(Buffer.from(payload).toString()))
    setImmediate(() => this.onAttempt())
    if (!this.isReachable) throw new Error('out of reach')
  }

  /** Once `condition` holds after an attempt. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.onAttempt = resolve))
  }
}

function outboxOf(store: Store, spool: Spool, onWaiting = (_isWaiting: boolean): void => {}) {
  const publish = store.publish.bind(store)
  return new Outbox<string>({ spool, publish, encode, onWaiting })
}

const temporaryFile = (): string => join(mkdtempSync(join(tmpdir(), 'spool-')), 'spool.sqlite')

test('entries are published in order, once, through an outage, whose beginning and end are told', async () => {
  const store = new Store()
  const states: boolean[] = []
  const outbox = outboxOf(store, new Spool(':memory:', 1e6), (isWaiting) => states.push(isWaiting))
  outbox.add('one', 3)
  await store.until(() => store.entries.length === 1)
  store.isReachable = false
  for (let each = 0; each < 100; each += 1) outbox.add(String(each), 3)
  await store.until(() => states.length === 1)
  store.isReachable = true
  outbox.add('last', 4)
  await store.until(() => store.entries.length === 102 && states.length === 2)
  expect(store.entries).toEqual([
    'one',
    ...Array.from({ length: 100 }, (_, each) => `${each}`),
    'last',
  ])
  expect(states).toEqual([true, false])
  await outbox.close(AbortSignal.abort())
})

test('what waits outlives the process, with the same ids', async () => {
  const path = temporaryFile()
  const store = new Store()
  store.isReachable = false
  const before = new Spool(path, 1e6)
  const first = outboxOf(store, before)
  first.add('kept', 4)
  await store.until(() => store.attempts > 0)
  const id = before.first()?.id
  await first.close(AbortSignal.abort())
  before.close()
  store.isReachable = true
  const after = new Spool(path, 1e6)
  const second = outboxOf(store, after)
  await store.until(() => store.entries.length === 1)
  expect([...store.stored]).toEqual([[id, ['kept']]])
  await second.close(AbortSignal.abort())
  after.close()
})

test('what does not fit is refused, and nothing that was taken is lost', async () => {
  const store = new Store()
  store.isReachable = false
  const outbox = outboxOf(store, new Spool(':memory:', 1_000))
  const taken = ['a', 'b', 'c'].filter((letter) => outbox.add(letter.repeat(400), 400))
  expect(taken).toEqual(['a', 'b'])
  store.isReachable = true
  await store.until(() => store.entries.length === 2)
  expect(store.entries).toEqual(['a'.repeat(400), 'b'.repeat(400)])
  await outbox.close(AbortSignal.abort())
})

test('two processes do not share a spool', () => {
  const path = temporaryFile()
  const spool = new Spool(path, 1e6)
  spool.add(Buffer.from('mine'))
  expect(() => new Spool(path, 1e6)).toThrow(/locked/)
  spool.close()
})
