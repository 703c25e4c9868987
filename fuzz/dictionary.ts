import { bytesOf, type FuzzTarget } from '@sockyard/testkit/fuzz'

/** What text can hold that surprises: names that every object has, controls, separators, numbers that are too large. */
const SURPRISING: readonly (string | Uint8Array)[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\r\n',
  '\n',
  '\0',
  '\u2028',
  '\u202e',
  '\u{1f600}',
  '-1',
  '65536',
  '4294967296',
  '9007199254740993',
  '1e9',
  '0x10',
  'NaN',
  Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0, 0, 0, 0),
]

/** The words of the target, and the literals of the code under test: strings, and whole numbers in digits and bytes. */
export function dictionaryOf(
  { dictionary = [] }: FuzzTarget,
  literals: ReadonlySet<string | number>,
): Uint8Array[] {
  const words = [...dictionary, ...SURPRISING].map(bytesOf)
  for (const literal of literals) {
    if (typeof literal === 'string') words.push(bytesOf(literal))
    else words.push(...numberForms(literal))
  }
  return words
}

/** In digits, and as 1, 2 and 4 bytes, big-endian, where it fits. */
function numberForms(value: number): Uint8Array[] {
  const forms = [bytesOf(String(value))]
  if (value < 0 || value > 0xffff_ffff) return forms
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  if (value < 0x100) forms.push(bytes.slice(3))
  if (value < 0x1_0000) forms.push(bytes.slice(2))
  return [...forms, bytes]
}
