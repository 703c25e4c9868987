import { Worker } from 'node:worker_threads'

import { assert, constantFrom, property, array, tuple, boolean } from 'fast-check'
import { expect, it } from 'vitest'

import { createPeerTally, peerTallyMemory } from './shared-peer-tally.ts'

const PEERS = Array.from({ length: 12 }, (_, index) => `10.0.0.${index}`)

it.each([
  ['of one thread', () => createPeerTally(undefined)],
  ['of several', () => createPeerTally(peerTallyMemory(16))],
])('a tally %s counts as a map does', (_, create) => {
  const steps = array(tuple(constantFrom(...PEERS), boolean()), { maxLength: 60 })
  assert(
    property(steps, (visits) => {
      const tally = create()
      const expected = new Map<string, number>(PEERS.map((peer) => [peer, 0]))
      let total = 0
      for (const [peer, enters] of visits) {
        const before = expected.get(peer) ?? 0
        if (enters ? total === 16 : before === 0) continue
        tally[enters ? 'enter' : 'leave'](peer)
        expected.set(peer, before + (enters ? 1 : -1))
        total += enters ? 1 : -1
      }
      expect(PEERS.map((peer) => [peer, tally.of(peer)])).toEqual([...expected])
      expect(tally.total).toBe(total)
    }),
  )
})

it('two threads that enter and leave at once leave nothing behind', async () => {
  const memory = peerTallyMemory(16)
  const module = new URL('shared-peer-tally.ts', import.meta.url).href
  const program = `
    import { workerData } from 'node:worker_threads'
    const { createPeerTally } = await import('${module}')
    const tally = createPeerTally(workerData)
    for (let n = 0; n < 20_000; n += 1) {
      const peer = String(n % 7)
      tally.exclusively(() => tally.enter(peer))
      tally.exclusively(() => tally.leave(peer))
    }`
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const workers = [1, 2].map(() => new Worker(url, { workerData: memory }))
  await Promise.all(
    workers.map(
      (worker) => new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject)),
    ),
  )
  const tally = createPeerTally(memory)
  expect(tally.total).toBe(0)
  expect(Array.from({ length: 7 }, (_, peer) => tally.of(String(peer)))).toEqual(Array(7).fill(0))
})
