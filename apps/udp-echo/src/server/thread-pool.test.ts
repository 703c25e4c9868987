import { expect, it } from 'vitest'

import { ThreadPool } from './thread-pool.ts'

/** Answers, and ends on command. */
const MODULE = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', (bytes) => {
      if (bytes.length === 0) process.exit(1)
      if (bytes[0] === 255) throw new Error('a broken worker')
      parentPort.postMessage(bytes)
    })`)}`,
)

it('a thread that ends is replaced, and its request has no answer', async () => {
  const deaths: string[] = []
  const pool = new ThreadPool(2, {
    module: MODULE,
    data: undefined,
    onDeath: ({ message }) => deaths.push(message),
  })
  const word = (byte: number): Promise<Uint8Array | undefined> => pool.serve(Uint8Array.of(byte))
  expect(await Promise.all([word(1), word(255)])).toEqual([Uint8Array.of(1), undefined])
  expect(await pool.serve(new Uint8Array())).toBeUndefined()
  expect(await Promise.all([word(2), word(3)])).toEqual([Uint8Array.of(2), Uint8Array.of(3)])
  expect(deaths).toEqual(['a broken worker', 'it ended'])
  await pool.close()
  expect(deaths.length).toBe(2)
})
