import { Worker } from 'node:worker_threads'

import { assert, constantFrom, property, array, tuple, boolean } from 'fast-check'
import { expect, it } from 'vitest'

import { LocalPeerCounter, SharedPeerCounter } from './peer-counter.ts'

const PEERS = Array.from({ length: 12 }, (_, index) => `10.0.0.${index}`)

it.each([
  ['of one thread', () => new LocalPeerCounter()],
  ['of several', () => new SharedPeerCounter(SharedPeerCounter.allocate(16))],
])('a counter %s counts as a map does', (_, create) => {
  const steps = array(tuple(constantFrom(...PEERS), boolean()), { maxLength: 60 })
  assert(
    property(steps, (changes) => {
      const counter = create()
      const expected = new Map<string, number>(PEERS.map((peer) => [peer, 0]))
      let total = 0
      for (const [peer, enters] of changes) {
        const before = expected.get(peer) ?? 0
        if (enters ? total === 16 : before === 0) continue
        counter[enters ? 'acquire' : 'release'](peer)
        expected.set(peer, before + (enters ? 1 : -1))
        total += enters ? 1 : -1
      }
      expect(PEERS.map((peer) => [peer, counter.count(peer)])).toEqual([...expected])
      expect(counter.total).toBe(total)
    }),
  )
})

it('two threads that enter and leave at once leave nothing behind', async () => {
  const memory = SharedPeerCounter.allocate(16)
  const module = new URL('peer-counter.ts', import.meta.url).href
  const program = `
    import { workerData } from 'node:worker_threads'
    const { SharedPeerCounter } = await import('${module}')
    const counter = new SharedPeerCounter(workerData)
    for (let n = 0; n < 20_000; n += 1) {
      const peer = String(n % 7)
      counter.exclusively(() => counter.acquire(peer))
      counter.exclusively(() => counter.release(peer))
    }`
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const workers = [1, 2].map(() => new Worker(url, { workerData: memory }))
  await Promise.all(
    workers.map(
      (worker) => new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject)),
    ),
  )
  const counter = new SharedPeerCounter(memory)
  expect(counter.total).toBe(0)
  expect(Array.from({ length: 7 }, (_, peer) => counter.count(String(peer)))).toEqual(
    Array(7).fill(0),
  )
})
