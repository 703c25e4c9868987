import { array, assert, constantFrom, property, record } from 'fast-check'
import { expect, test } from 'vitest'

import { Turn } from './turn.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

test('everybody hears the others, in the order in which it was said, and not themselves', () => {
  const turn = new Turn<string>()
  turn.sayToOthers('a', bytes('a1 '))
  turn.sayToOthers('b', bytes('b1 '))
  turn.sayToOthers('a', bytes('a2 '))
  const heardBy = turn.end()
  expect(['a', 'b', 'c'].map((listener) => String(heardBy(listener)))).toEqual([
    'b1 ',
    'a1 a2 ',
    'a1 b1 a2 ',
  ])
})

test('listeners who said nothing share one buffer', () => {
  const turn = new Turn<string>()
  turn.sayToOthers('a', bytes('a1 '))
  turn.sayToOthers('b', bytes('b1 '))
  const heardBy = turn.end()
  expect(heardBy('c')).toBe(heardBy('d'))
})

const LISTENERS = ['a', 'b', 'c', 'd']
const KINDS = ['others', 'all', 'tell', 'enter', 'leave'] as const

test('whoever comes, talks, is told something and leaves: each hears what a plain loop would send', () => {
  const step = record({ kind: constantFrom(...KINDS), who: constantFrom(...LISTENERS) })
  assert(
    property(array(step, { maxLength: 30 }), (steps) => {
      const turn = new Turn<string>()
      const model = new PlainRoom(['a', 'b'])
      for (const [index, { kind, who }] of steps.entries()) {
        if (!model.may(kind, who)) continue
        const text = `${kind} ${who} ${index};`
        apply(turn, kind, who, bytes(text))
        model.apply(kind, who, text)
      }
      const heardBy = turn.end()
      for (const [who, heard] of model.heard) expect(String(Buffer.from(heardBy(who)))).toBe(heard)
    }),
  )
})

type Kind = (typeof KINDS)[number]

function apply(turn: Turn<string>, kind: Kind, who: string, said: Uint8Array): void {
  if (kind === 'others') turn.sayToOthers(who, said)
  else if (kind === 'all') turn.sayToAll(said)
  else if (kind === 'tell') turn.tell(who, said)
  else turn[kind](who)
}

/** The same, said to one after the other. */
class PlainRoom {
  readonly heard: Map<string, string>
  readonly #here: Set<string>

  constructor(here: readonly string[]) {
    this.heard = new Map(here.map((who) => [who, '']))
    this.#here = new Set(here)
  }

  /** A connection comes once, and does nothing before and after. */
  may(kind: Kind, who: string): boolean {
    return kind === 'enter' ? !this.heard.has(who) : this.#here.has(who)
  }

  apply(kind: Kind, who: string, text: string): void {
    if (kind === 'enter') {
      this.heard.set(who, '')
      this.#here.add(who)
    } else if (kind === 'leave') {
      this.#here.delete(who)
    } else {
      const hearers = kind === 'tell' ? [who] : this.#here
      for (const hearer of hearers)
        if (kind !== 'others' || hearer !== who)
          this.heard.set(hearer, `${this.heard.get(hearer)}${text}`)
    }
  }
}
