import { array, assert, constantFrom, integer, oneof, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { splits } from '../../testing/splits.ts'
import { TelnetDecoder } from './index.ts'

const IAC = 255
const [SE, SB, WILL, WONT, DO, DONT, AYT] = [240, 250, 251, 252, 253, 254, 246]
const [EC, EL, LF, CR] = [247, 248, 10, 13]

/** A piece of a telnet stream and the text that is in it. */
interface Piece {
  bytes: number[]
  text: number[]
}

const isLineEnd = (byte: number): boolean => byte === LF || byte === CR
const options = integer({ min: 0, max: 255 }).filter((option) => !isLineEnd(option))
const pieces = oneof(
  uint8Array({ maxLength: 20 }).map((bytes): Piece => {
    const text = [...bytes].filter((byte) => byte !== IAC)
    return { bytes: text, text }
  }),
  constantFrom<Piece>({ bytes: [IAC, IAC], text: [IAC] }, { bytes: [IAC, AYT], text: [] }),
  oneof(constantFrom(WILL, WONT, DO, DONT)).chain((verb) =>
    options.map((option): Piece => ({ bytes: [IAC, verb, option], text: [] })),
  ),
  uint8Array({ maxLength: 40 }).map((bytes): Piece => {
    const inside = [...bytes].filter((byte) => !isLineEnd(byte))
    const escaped = inside.flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte]))
    return { bytes: [IAC, SB, ...escaped, IAC, SE], text: [] }
  }),
)

test('whatever is negotiated and however it is split, only the text comes through', () => {
  assert(
    property(array(pieces), array(integer({ min: 0, max: 9 })), (stream, sizes) => {
      const bytes = Uint8Array.from(stream.flatMap((piece) => piece.bytes))
      const text = Uint8Array.from(stream.flatMap((piece) => piece.text))
      expect(decoded(splits(bytes, sizes))).toEqual(text)
    }),
  )
})

test.each([
  ['an option that is none', [IAC, DONT]],
  ['IAC alone', [IAC]],
  ['a subnegotiation that is none', [IAC, SB]],
  ['a subnegotiation without end', [IAC, SB, 31, 0, 80]],
  ['a command inside of a subnegotiation', [IAC, SB, 31, IAC]],
])('%s does not take the end of the line', (_, begun) => {
  for (const end of [[LF], [CR, LF]])
    expect([...decoded([Uint8Array.from([...begun, ...end, 65])])]).toEqual([...end, 65])
})

test('Erase Character and Erase Line are what a terminal sends for them: Ctrl-H and Ctrl-U', () => {
  expect([...decoded([Uint8Array.of(65, IAC, EC, 66, IAC, EL)])]).toEqual([65, 8, 66, 21])
})

test('Are You There is to be answered once, however often it was asked meanwhile', () => {
  const decoder = new TelnetDecoder()
  expect(decoder.takeAreYouThere()).toBe(false)
  decoder.push(Uint8Array.of(IAC, AYT, IAC, AYT, IAC))
  decoder.push(Uint8Array.of(AYT))
  expect(decoder.takeAreYouThere()).toBe(true)
  expect(decoder.takeAreYouThere()).toBe(false)
})

test('a chunk without a telnet command is handed on as it is, not copied', () => {
  const chunk = Buffer.from('hello\r\n')
  expect(new TelnetDecoder().push(chunk)).toBe(chunk)
})

test('a requested option is refused, once, and refusals are never answered', () => {
  const decoder = new TelnetDecoder()
  decoder.push(Uint8Array.of(IAC, DO, 6, IAC, WILL))
  decoder.push(Uint8Array.of(31, IAC, WONT, 1, IAC, DONT, 3))
  expect([...decoder.takeRefusals()]).toEqual([IAC, WONT, 6, IAC, DONT, 31])
  expect(decoder.takeRefusals()).toHaveLength(0)
})

test('a peer that negotiates without end has few refusals queued', () => {
  const decoder = new TelnetDecoder()
  for (let asked = 0; asked < 10_000; asked += 1) decoder.push(Uint8Array.of(IAC, DO, 6))
  expect(decoder.takeRefusals().length).toBeLessThanOrEqual(100)
})

test('a subnegotiation that never ends does not swallow the connection', () => {
  const decoder = new TelnetDecoder()
  decoder.push(Uint8Array.of(IAC, SB, 24))
  decoder.push(new Uint8Array(600))
  expect(decoder.push(Buffer.from('hello')).toString()).toBe('hello')
})

test(
  '10^6 broken negotiations: nothing is thrown, and nothing is answered with more than was asked',
  () => {
    const decoder = new TelnetDecoder()
    const seeds = [
      Uint8Array.of(104, 105, IAC, DO, 6, IAC, SB, 24, 0, 65, IAC, IAC, IAC, SE, 13, 10),
      Uint8Array.of(IAC, IAC, IAC, WILL, 31, IAC, SB, 31, 0, 80, 0, 24, IAC, SE),
    ]
    let asked = 0
    let answered = 0
    const mean = feedMutated(seeds, 1e6, (bytes) => {
      asked += bytes.length - decoder.push(bytes).length
      answered += decoder.takeRefusals().length
    })
    expect(answered).toBeLessThanOrEqual(asked)
    expect(mean).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function decoded(chunks: readonly Uint8Array[]): Uint8Array {
  const decoder = new TelnetDecoder()
  return new Uint8Array(Buffer.concat(chunks.map((chunk) => decoder.push(chunk))))
}
