import { MalformedError } from '../parsed.ts'

/** The algorithms a key can be for: AES128 is AES-CMAC (RFC 8573), the others are for older peers. */
export type NtpKeyType = 'AES128' | 'SHA1' | 'SHA256'

/** A symmetric key. */
export interface NtpKey {
  /** 1 to 4294967295. */
  readonly id: number
  readonly type: NtpKeyType
  readonly secret: Uint8Array
}

/** The keys of a key file, and the lines that give none, each with its reason. */
export interface KeyFile {
  readonly keys: ReadonlyMap<number, NtpKey>
  /** `field` is the line, such as `line 3`. No reason repeats a secret. */
  readonly refused: readonly MalformedError[]
}

const AES_KEY_BYTES = 16
const LARGEST_ID = 0xffff_ffff

/** The names ntpd, ntpsec and chrony use. */
const TYPES: ReadonlyMap<string, NtpKeyType> = new Map([
  ['AES', 'AES128'],
  ['AES128', 'AES128'],
  ['AES-128', 'AES128'],
  ['AES128CMAC', 'AES128'],
  ['AES-CMAC', 'AES128'],
  ['AES-128-CMAC', 'AES128'],
  ['SHA1', 'SHA1'],
  ['SHA-1', 'SHA1'],
  ['SHA256', 'SHA256'],
  ['SHA-256', 'SHA256'],
])

function parseId(word: string): number {
  const id = /^\d{1,10}$/.test(word) ? Number(word) : 0
  if (id >= 1 && id <= LARGEST_ID) return id
  throw new SyntaxError(`the key id must be 1 to ${LARGEST_ID}`)
}

function parseType(word: string): NtpKeyType {
  const type = TYPES.get(word.toUpperCase())
  if (type !== undefined) return type
  const md5 = /^M(D5)?$/i.test(word)
  const why = md5 ? 'MD5 is broken and not supported (RFC 8573)' : 'this key type is not supported'
  throw new SyntaxError(`${why}: use AES128, SHA1 or SHA256`)
}

function parseHex(digits: string): Uint8Array {
  if (!/^([\da-f]{2})+$/i.test(digits)) {
    throw new SyntaxError('the key must be pairs of hexadecimal digits')
  }
  return Uint8Array.fromHex(digits)
}

/**
 * chrony reads a bare key as ASCII; ntpd does so up to 20 characters, and reads a longer one as
 * hexadecimal. So a long bare key that is hexadecimal is taken as ntpd's, and any other as chrony's.
 */
function parseSecret(word: string): Uint8Array {
  if (word.startsWith('HEX:')) return parseHex(word.slice(4))
  if (word.startsWith('ASCII:')) return new TextEncoder().encode(word.slice(6))
  const hexadecimal = word.length > 20 && /^[\da-f]+$/i.test(word)
  return hexadecimal ? parseHex(word) : new TextEncoder().encode(word)
}

function parseKey(words: readonly string[]): NtpKey {
  const [id = '', type = '', secret] = words
  if (words.length === 4) throw new SyntaxError('keys bound to addresses are not supported')
  if (words.length > 4) throw new SyntaxError('must be: id type key')
  // chrony takes `id key` for a key of its default type.
  const key = { id: parseId(id), type: parseType(secret === undefined ? 'MD5' : type) }
  const bytes = parseSecret(secret ?? '')
  if (bytes.length === 0) throw new SyntaxError('the key is empty')
  if (key.type === 'AES128' && bytes.length !== AES_KEY_BYTES) {
    throw new SyntaxError(`an AES128 key has 16 octets, not ${bytes.length}`)
  }
  return { ...key, secret: bytes }
}

/** A line's words up to a comment, as ntpd (`#` anywhere) and chrony (`! ; # %` first) have them. */
function wordsOf(line: string): string[] {
  const words = line.split(/\s+/).filter((word) => word !== '')
  if (/^[!;%]/.test(words[0] ?? '')) return []
  const comment = words.findIndex((word) => word.startsWith('#'))
  return comment < 0 ? words : words.slice(0, comment)
}

/**
 * Reads the lines of ntpd's ntp.keys and chrony's chrony.keys: `id type key`, where the key is
 * `HEX:` and digits, `ASCII:` and text, or bare. Types are AES128 (also AES, AES-CMAC), SHA1 and
 * SHA256. Never throws: a line that gives no key is in `refused`, the others still count.
 */
export function parseKeys(text: string): KeyFile {
  const keys = new Map<number, NtpKey>()
  const refused: MalformedError[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = wordsOf(line)
    if (words.length === 0) continue
    try {
      const key = parseKey(words)
      if (keys.has(key.id)) throw new SyntaxError(`key ${key.id} is already there`)
      keys.set(key.id, key)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      refused.push(new MalformedError('ntp.keys', `line ${index + 1}`, error.message))
    }
  }
  return { keys, refused }
}
