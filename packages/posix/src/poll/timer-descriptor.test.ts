import { expect, it } from 'vitest'

import { Epoll, EPOLL } from './epoll.ts'
import { TimerDescriptor } from './timer-descriptor.ts'

it('is readable when its time has come, and once only', () => {
  using timer = new TimerDescriptor()
  using epoll = new Epoll()
  epoll.add(timer.descriptor, EPOLL.IN)
  expect(epoll.wait(0)).toBe(0)
  const start = performance.now()
  timer.set(2.5)
  expect(epoll.wait(10_000)).toBe(1)
  expect(performance.now() - start).toBeGreaterThan(2.4)
  timer.acknowledge()
  expect(epoll.wait(0)).toBe(0)
  timer.set(0)
  expect(epoll.wait(10_000)).toBe(1)
})

it('set again forgets what was set before', () => {
  using timer = new TimerDescriptor()
  using epoll = new Epoll()
  epoll.add(timer.descriptor, EPOLL.IN)
  timer.set(0)
  timer.set(3_600_000)
  expect(epoll.wait(5)).toBe(0)
})
