import { describe, expect, it } from 'vitest'

import { ProbeFormat } from './probe-format.ts'
import { fixedSize } from './probe-sizes.ts'

const SESSION = 0xdead_beef

describe('probes with a header', () => {
  const format = new ProbeFormat(SESSION, fixedSize(64))
  const probe = () => format.encode(7, 1_000n)

  it('come back with their number', () => {
    expect(format.decode(probe(), 7)).toEqual({ kind: 'numbered', sequence: 7 })
  })

  it('are malformed with one byte wrong, missing or too many', () => {
    const wrong = probe()
    wrong[63] = (wrong[63] ?? 0) ^ 1
    const malformed = { kind: 'malformed', sequence: 7 }
    expect(format.decode(wrong, 7)).toEqual(malformed)
    expect(format.decode(probe().subarray(0, 63), 7)).toEqual(malformed)
    expect(format.decode(Buffer.concat([probe(), Buffer.from('x')]), 7)).toEqual(malformed)
  })

  it('have no number when it cannot be read', () => {
    expect(format.decode(Buffer.from('hello'), 7)).toEqual({
      kind: 'malformed',
      sequence: undefined,
    })
  })

  it('of another run are foreign', () => {
    expect(format.decode(new ProbeFormat(1, fixedSize(64)).encode(7, 1_000n), 7)).toEqual({
      kind: 'foreign',
    })
  })
})

describe.each([1, 2, 4, 5, 19])('probes of %i B', (size) => {
  const format = new ProbeFormat(SESSION, fixedSize(size))

  it.each([0, 7, 255, 256, 65_536, 2 ** 32 - 1])('come back as number %i', (sequence) => {
    const bytes = format.encode(sequence, 1_000n)
    expect(bytes).toHaveLength(size)
    const newest = (sequence + 200) >>> 0
    expect(format.decode(bytes, newest)).toEqual({ kind: 'numbered', sequence })
  })

  it('are malformed when longer or shorter', () => {
    const longer = Buffer.concat([format.encode(7, 1_000n), Buffer.from('x')])
    expect(format.decode(longer, 7).kind).toBe('malformed')
    expect(format.decode(longer.subarray(0, size - 1), 7).kind).toBe('malformed')
  })
})

it('a probe of 5 B with one byte wrong is malformed', () => {
  const format = new ProbeFormat(SESSION, fixedSize(5))
  const bytes = format.encode(7, 1_000n)
  bytes[4] = (bytes[4] ?? 0) ^ 1
  expect(format.decode(bytes, 7).kind).toBe('malformed')
})

it('a probe of 0 B has no number', () => {
  const format = new ProbeFormat(SESSION, fixedSize(0))
  expect(format.decode(format.encode(7, 1_000n), 7)).toEqual({ kind: 'empty' })
})
