import { expect, it } from 'vitest'

import { MembershipWatch } from './membership-watch.ts'

/** A watch of which the first `seconds` saw both replies a second, ten times a second. */
function watched(seconds: number) {
  let now = 0
  const watch = new MembershipWatch(() => now)
  watch.joined()
  let sequence = 0
  const pass = (ways: readonly ('unicast' | 'multicast')[], replies: number): void => {
    for (let reply = 0; reply < replies; reply += 1) {
      now += 100
      sequence += 1
      for (const way of ways) watch.replied(way, sequence)
    }
  }
  pass(['unicast', 'multicast'], seconds * 10)
  return { watch, pass }
}

it('joins anew once, when ten replies and two seconds are missing', () => {
  const { watch, pass } = watched(4)
  pass(['unicast'], 19)
  expect(watch.isSilent()).toBe(false)
  pass(['unicast'], 1)
  expect(watch.isSilent()).toBe(true)
  watch.rejoined()
  expect(watch.isSilent()).toBe(false)
  expect(watch.silence).toEqual({ afterMillis: 4_000, recovered: false })
  pass(['unicast', 'multicast'], 1)
  expect(watch.silence?.recovered).toBe(true)
})

it('is patient where unicast is missing as well, and where nothing came before', () => {
  const { watch, pass } = watched(1)
  pass([], 100)
  expect(watch.isSilent()).toBe(false)
  const other = watched(0)
  other.pass(['unicast'], 100)
  expect(other.watch.isSilent()).toBe(false)
})
