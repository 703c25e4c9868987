import {
  array,
  assert,
  constantFrom,
  integer,
  oneof,
  property,
  string,
  tuple,
  uint8Array,
} from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { splits } from '../../testing/splits.ts'
import { LineDecoder, type Line } from './index.ts'

const sizes = array(integer({ min: 0, max: 7 }))
const texts = string({ unit: 'binary', maxLength: 30 }).map((text) =>
  text.replaceAll(/[\0\n\r]/g, ''),
)
const ends = constantFrom('\n', '\r\n', '\r\0')
/** After a bare CR an empty line would look like its LF. */
const nonEmptyTexts = texts.filter((text) => text !== '')
const allEnds = constantFrom('\n', '\r\n', '\r\0', '\r')
const SEPARATORS = ['\n', '\r', '\0', 'é', '🙂'].map((text) => Buffer.from(text))

test('lines come out as they were written, whatever ends them and wherever they are split', () => {
  assert(
    property(array(tuple(texts, ends)), texts, sizes, (lines, rest, chunkSizes) => {
      const stream = Buffer.from(lines.map(([text, end]) => text + end).join('') + rest)
      const expected = [...lines.map(([text]) => text), ...(rest === '' ? [] : [rest])]
      expect(decoded(splits(stream, chunkSizes), 1024)).toEqual(
        expected.map((text) => ({ text, truncated: false })),
      )
    }),
  )
})

test('a bare carriage return ends a line as well', () => {
  assert(
    property(array(tuple(nonEmptyTexts, allEnds)), sizes, (lines, chunkSizes) => {
      const stream = Buffer.from(lines.map(([text, end]) => text + end).join(''))
      expect(decoded(splits(stream, chunkSizes), 1024)).toEqual(lines.map(([text]) => line(text)))
    }),
  )
})

test('any split of any bytes gives the same lines', () => {
  const noise = array(oneof(uint8Array({ maxLength: 9 }), constantFrom(...SEPARATORS)))
  assert(
    property(noise, sizes, integer({ min: 1, max: 12 }), (parts, chunkSizes, maximumBytes) => {
      const stream = Buffer.concat(parts)
      expect(decoded(splits(stream, chunkSizes), maximumBytes)).toEqual(
        decoded([stream], maximumBytes),
      )
    }),
    { numRuns: 1000 },
  )
})

test('a line of exactly the limit is whole, one byte more is cut', () => {
  for (const end of ['\n', '\r\n', '\r\0', '\r']) {
    expect(decoded([Buffer.from(`12345678${end}ok\n`)], 8)).toEqual([line('12345678'), line('ok')])
    expect(decoded([Buffer.from(`123456789${end}ok\n`)], 8)).toEqual([cut('12345678'), line('ok')])
  }
})

test('an over-long line ends with a whole character', () => {
  expect(decoded([Buffer.from('1234567é\n')], 8)).toEqual([cut('1234567')])
  expect(decoded([Buffer.from('12345€\n')], 8)).toEqual([line('12345€')])
  expect(decoded([Buffer.from('12345'), Buffer.from('🙂…\n')], 8)).toEqual([cut('12345')])
})

test('a shorter line after a longer one holds nothing of it', () => {
  const chunks = ['ééé', 'é\na', 'b', '\nc', '\n'].map((text) => Buffer.from(text))
  expect(decoded(chunks, 64)).toEqual([line('éééé'), line('ab'), line('c')])
})

test('invalid UTF-8 becomes U+FFFD, a byte order mark stays', () => {
  const stream = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x62, 0xc3, 10])
  expect(decoded([stream], 64)).toEqual([line('\uFEFFa\uFFFDb\uFFFD')])
})

test('a carriage return alone ends a line, at once; a NUL alone does not', () => {
  const decoder = new LineDecoder({ maximumBytes: 64 })
  expect(decoder.push(Buffer.from('a\r'))).toEqual([line('a')])
  expect(decoder.push(Buffer.from('b\0c\r\rd\n'))).toEqual([line('b\0c'), line(''), line('d')])
})

test('the LF or NUL of a carriage return may come later, and ends no second line', () => {
  for (const end of ['\n', '\0']) {
    const decoder = new LineDecoder({ maximumBytes: 64 })
    expect(decoder.push(Buffer.from('a\r'))).toEqual([line('a')])
    expect(decoder.push(new Uint8Array())).toEqual([])
    expect(decoder.push(Buffer.from(`${end}\nb\n`))).toEqual([line(''), line('b')])
  }
})

test('an empty line is a line, the end of a stream after a line is not', () => {
  expect(decoded([Buffer.from('\n\r\n')], 64)).toEqual([line(''), line('')])
})

test('a peer that never ends its line costs no more memory and no more time than its bytes', () => {
  const decoder = new LineDecoder({ maximumBytes: 1024 })
  const chunk = new Uint8Array(65_536).fill(0x61)
  const before = process.memoryUsage().arrayBuffers
  for (let sent = 0; sent < 1000; sent += 1) expect(decoder.push(chunk)).toEqual([])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6)
  expect(decoder.push(Buffer.from('\nnext\n'))).toEqual([cut('a'.repeat(1024)), line('next')])
})

test(
  '10^6 broken streams: nothing is thrown, and no line is longer than the limit',
  () => {
    const decoder = new LineDecoder({ maximumBytes: 16 })
    const seeds = ['hello\r\nwörld 🙂\n', 'no end', '\r\0\r\n'].map((text) => Buffer.from(text))
    let longest = 0
    const mean = feedMutated(seeds, 1e6, (bytes) => {
      for (const { text } of decoder.push(bytes)) longest = Math.max(longest, text.length)
    })
    expect(longest).toBe(16)
    expect(mean).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function decoded(chunks: readonly Uint8Array[], maximumBytes: number): Line[] {
  const decoder = new LineDecoder({ maximumBytes })
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

function line(text: string): Line {
  return { text, truncated: false }
}

function cut(text: string): Line {
  return { text, truncated: true }
}
