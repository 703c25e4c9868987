import { expect, it } from 'vitest'

import { withNames } from './mesh.ts'

const greeting = (name: string | null) => ({ name, services: [] })
const place = (name: string) => ({ host: name, port: 4863, name })

it('a place has the name that its agent gives it, with its address where another has the same', () => {
  const named = withNames([
    { place: place('192.0.2.1'), greeting: greeting('a') },
    { place: place('192.0.2.2'), greeting: greeting('b') },
    { place: place('192.0.2.3'), greeting: greeting('b') },
    { place: place('192.0.2.4'), greeting: greeting(null) },
    { place: place('192.0.2.5'), failure: new Error('away') },
  ])
  expect(named.map((each) => each.place.name)).toEqual([
    'a',
    'b (192.0.2.2)',
    'b (192.0.2.3)',
    '192.0.2.4',
    '192.0.2.5',
  ])
})
