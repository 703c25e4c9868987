import { describe, expect, it } from 'vitest'

import { SampleGate } from './sample-gate.ts'

/** Lets so many events happen within a second: how many were told, and whether a summary was due. */
function second(gate: SampleGate, events: number): { told: number; due: boolean } {
  const told = Array.from({ length: events }, () => gate.admits()).filter(Boolean).length
  return { told, due: gate.endSecond() }
}

describe('a gate of 3 samples a second', () => {
  it('prints each of a few events, and no summary', () => {
    const gate = new SampleGate(3)
    expect(second(gate, 3)).toEqual({ told: 3, due: false })
    expect(second(gate, 0)).toEqual({ told: 0, due: false })
    expect(second(gate, 1)).toEqual({ told: 1, due: false })
  })

  it('prints the first of many and a summary; afterwards summaries only, until a second is quiet', () => {
    const gate = new SampleGate(3)
    expect(second(gate, 1_000_000)).toEqual({ told: 3, due: true })
    expect(second(gate, 1_000_000)).toEqual({ told: 0, due: true })
    expect(second(gate, 2)).toEqual({ told: 0, due: true })
    expect(second(gate, 2)).toEqual({ told: 2, due: false })
  })
})

it('a gate of none prints summaries only, and none of a second without events', () => {
  const gate = new SampleGate(0)
  expect(second(gate, 1)).toEqual({ told: 0, due: true })
  expect(second(gate, 0)).toEqual({ told: 0, due: false })
})
