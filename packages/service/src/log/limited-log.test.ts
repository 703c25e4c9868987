import { limitLog } from '@sockyard/net/log'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createLog } from './log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function recorded() {
  const lines: unknown[] = []
  const log = createLog({
    name: 'test',
    level: 'info',
    format: 'json',
    write: (line) => {
      const { level: _level, at: _at, name: _name, ...facts } = JSON.parse(line)
      lines.push(facts)
    },
    publish: () => undefined,
  })
  return { log: limitLog(log, 2), lines }
}

test('a flood is a few lines a second and then one with how many were suppressed', () => {
  const { log, lines } = recorded()
  for (let peer = 0; peer < 1000; peer += 1) log.warn({ peer }, 'refused')
  log.warn({ peer: 1 }, 'malformed')
  vi.advanceTimersByTime(1000)
  expect(lines).toEqual([
    { peer: 0, msg: 'refused' },
    { peer: 1, msg: 'refused' },
    { peer: 1, msg: 'malformed' },
    { suppressed: 998, msg: 'refused' },
  ])
})

test('the next second starts afresh', () => {
  const { log, lines } = recorded()
  for (let second = 0; second < 3; second += 1) {
    log.info({ second }, 'seen')
    vi.advanceTimersByTime(1000)
  }
  expect(lines).toEqual([0, 1, 2].map((second) => ({ second, msg: 'seen' })))
})

test('what the level hides is not counted', () => {
  const { log, lines } = recorded()
  for (let peer = 0; peer < 1000; peer += 1) log.debug({ peer }, 'refused')
  vi.advanceTimersByTime(1000)
  expect(lines).toEqual([])
})
