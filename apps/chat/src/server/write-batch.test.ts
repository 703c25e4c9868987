import { array, assert, constantFrom, property, record } from 'fast-check'
import { expect, test } from 'vitest'

import { SharedBlocks } from './output-queue.ts'
import { WriteBatch } from './write-batch.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (pieces: readonly Uint8Array[]): string => String(Buffer.concat(pieces))

test('each client gets what the others said, in order, and not its own lines', () => {
  const batch = new WriteBatch<string>()
  batch.sendToAllBut(['a'], bytes('a1 '))
  batch.sendToAllBut(['b'], bytes('b1 '))
  batch.sendToAllBut(['a'], bytes('a2 '))
  const piecesFor = batch.end(new SharedBlocks())
  expect(['a', 'b', 'c'].map((client) => textOf(piecesFor(client)))).toEqual([
    'b1 ',
    'a1 a2 ',
    'a1 b1 a2 ',
  ])
})

test('all clients share the bytes of what was said, also those that said some of it', () => {
  const batch = new WriteBatch<string>()
  batch.sendToAllBut(['a'], bytes('a1 '))
  batch.sendToAllBut(['b'], bytes('b1 '))
  const piecesFor = batch.end(new SharedBlocks())
  const memory = ['a', 'b', 'c', 'd']
    .flatMap((client) => piecesFor(client))
    .map(({ buffer }) => buffer)
  expect(new Set(memory).size).toBe(1)
})

const LISTENERS = ['a', 'b', 'c', 'd']
const KINDS = ['others', 'all', 'sendTo', 'add', 'remove'] as const

test('clients that join, send, get messages and leave receive what a plain loop would send', () => {
  const step = record({ kind: constantFrom(...KINDS), who: constantFrom(...LISTENERS) })
  assert(
    property(array(step, { maxLength: 30 }), (steps) => {
      const batch = new WriteBatch<string>()
      const model = new PlainRoom(['a', 'b'])
      for (const [index, { kind, who }] of steps.entries()) {
        if (!model.may(kind, who)) continue
        const text = `${kind} ${who} ${index};`
        apply(batch, kind, who, bytes(text))
        model.apply(kind, who, text)
      }
      const piecesFor = batch.end(new SharedBlocks())
      for (const [who, heard] of model.heard) expect(textOf(piecesFor(who))).toBe(heard)
    }),
  )
})

type Kind = (typeof KINDS)[number]

function apply(batch: WriteBatch<string>, kind: Kind, who: string, said: Uint8Array): void {
  if (kind === 'others') batch.sendToAllBut([who], said)
  else if (kind === 'all') batch.sendToAllBut([], said)
  else if (kind === 'sendTo') batch.sendTo(who, said)
  else batch[kind](who)
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
    return kind === 'add' ? !this.heard.has(who) : this.#here.has(who)
  }

  apply(kind: Kind, who: string, text: string): void {
    if (kind === 'add') {
      this.heard.set(who, '')
      this.#here.add(who)
    } else if (kind === 'remove') {
      this.#here.delete(who)
    } else {
      const hearers = kind === 'sendTo' ? [who] : this.#here
      for (const hearer of hearers)
        if (kind !== 'others' || hearer !== who)
          this.heard.set(hearer, `${this.heard.get(hearer)}${text}`)
    }
  }
}
