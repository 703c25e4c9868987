import { describe, expect, it } from 'vitest'

import { Fifo } from './fifo.ts'

describe('a queue', () => {
  it('gives back in order what went in, however much was taken out before', () => {
    const queue = new Fifo<number>()
    for (let n = 0; n < 5000; n++) {
      queue.push(n)
      queue.push(-n)
      expect(Math.abs(queue.shift() ?? NaN)).toBe(Math.floor(n / 2))
    }
    expect(queue.length).toBe(5000)
  })

  it('is empty again after everything was taken', () => {
    const queue = new Fifo<string>()
    queue.push('a')
    queue.push('b')
    queue.shift()
    expect(queue.takeAll()).toEqual(['b'])
    expect([queue.length, queue.first, queue.shift()]).toEqual([0, undefined, undefined])
  })
})
