import { readdirSync } from 'node:fs'

import { expect, it } from 'vitest'

import { BlockingThread } from './blocking-thread.ts'

const module = new URL('blocking-thread.ts', import.meta.url).href

function ignored(): void {}

it('an order for a thread that ends just now is no error', async () => {
  const program = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { OrderBook } from '${module}'
    new OrderBook(workerData).bell.close()
    parentPort.postMessage('closed')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)`
  const closed = Promise.withResolvers<unknown>()
  const thread = new BlockingThread({
    module: new URL(`data:text/javascript,${encodeURIComponent(program)}`),
    data: undefined,
    onMessage: closed.resolve,
    onFailure: closed.reject,
  })
  expect(await closed.promise).toBe('closed')
  thread.order('end')
  await thread.ended
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

function startWithWhatCannotBeCloned(): unknown {
  return new BlockingThread({
    module: new URL(module),
    data: ignored,
    onMessage: ignored,
    onFailure: ignored,
  })
}

it('a thread that cannot be started leaves no descriptor', () => {
  const before = openDescriptors()
  for (let time = 0; time < 10; time += 1)
    expect(startWithWhatCannotBeCloned).toThrow('could not be cloned')
  expect(openDescriptors()).toBeLessThan(before + 10)
})
