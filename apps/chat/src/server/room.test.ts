import { expect, test } from 'vitest'

import { Room } from './room.ts'

test('newcomers get pleasant names, each its own, even when there are many', () => {
  const room = new Room<number>()
  for (let member = 0; member < 10_000; member += 1) room.join(member)
  expect(new Set(room.names.values()).size).toBe(10_000)
  for (const name of room.names.values()) expect(name).toMatch(/^[a-z]+-[1-9]\d*$/)
})

test('two names that look alike are not given twice', () => {
  const room = new Room<string>()
  room.join('first')
  room.join('second')
  expect(room.rename('first', 'Anna')).toMatchObject({ outcome: 'renamed', to: 'Anna' })
  for (const alike of ['anna', 'ANNA', 'Аnna', 'Ânna', 'ａｎｎａ'])
    expect({ alike, ...room.rename('second', alike) }).toEqual({ alike, outcome: 'taken' })
})

test('one may write the own name in another way, and the old one is free afterwards', () => {
  const room = new Room<string>()
  room.join('first')
  room.join('second')
  room.rename('first', 'anna')
  expect(room.rename('first', 'ANNA')).toEqual({ outcome: 'renamed', from: 'anna', to: 'ANNA' })
  expect(room.rename('first', 'ANNA')).toEqual({ outcome: 'unchanged' })
  room.rename('first', 'berta')
  expect(room.rename('second', 'anna')).toMatchObject({ outcome: 'renamed' })
})

test('the name of a client that left is free', () => {
  const room = new Room<string>()
  room.join('first')
  room.rename('first', 'anna')
  expect(room.leave('first')).toBe('anna')
  expect(room.leave('first')).toBeUndefined()
  room.join('second')
  expect(room.rename('second', 'anna')).toMatchObject({ outcome: 'renamed' })
  expect(room.size).toBe(1)
})

test.each(['', 'two words', '* server', '~', 'a\u202Eb', 'x'.repeat(25), 'a:\u0007'])(
  '%j is no name',
  (wanted) => {
    const room = new Room<string>()
    const name = room.join('first')
    expect(room.rename('first', wanted)).toMatchObject({ outcome: 'malformed' })
    expect(room.nameOf('first')).toBe(name)
  },
)
