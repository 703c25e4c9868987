import { expect, test } from 'vitest'

import { Store } from './store.ts'

test('values stand for the time since the scrape before, but not for the time in which a service was away', async () => {
  const store = new Store({
    path: '',
    onStored: () => undefined,
    onMovedAside: () => undefined,
    onFailure: (error) => {
      throw error
    },
  })
  await store.opened()
  const series = {
    id: 'load',
    service: '127.0.0.1:9101',
    name: 'sockyard_load',
    labels: {},
    unit: '',
    kind: 'gauge',
  } as const
  const now = Math.floor(Date.now() / 1_000)
  store.addSamples(now - 20, new Map([[series, 1]]), Infinity)
  store.addSamples(now - 10, new Map([[series, 2]]), 10)
  store.addSamples(now - 9, new Map([[series, 3]]), 1.04)
  const { values } = await store.range('load', now - 22, now - 7, 100)
  expect(values).toEqual([null, null, 1, ...Array.from({ length: 10 }, () => 2), 3, null])
  await store.close()
})
