/** What a reference identifier says, which depends on the stratum (RFC 5905, section 7.3). */
export interface ReferenceId {
  /**
   * `kiss`: a kiss code (stratum 0); `source`: the kind of clock (stratum 1); `address`: the
   * server's server, an IPv4 address or four octets of a hash of an IPv6 address, which look the
   * same (stratum 2 to 15); `unknown`: anything else.
   */
  readonly kind: 'kiss' | 'source' | 'address' | 'unknown'
  /** `RATE`, `GPS`, `192.0.2.1`; hexadecimal when unknown. Always printable ASCII. */
  readonly text: string
}

/** One to four printable characters, left-justified and padded with zeros. */
const CODE = /^[\x21-\x7e]{1,4}$/
const PADDED_CODE = /^([\x21-\x7e]{1,4})\0*$/

function octets(raw: number): number[] {
  return [raw >>> 24, (raw >>> 16) & 0xff, (raw >>> 8) & 0xff, raw & 0xff]
}

function fromOctets(values: readonly number[]): number {
  return values.reduce((raw, octet, index) => (raw | (octet << (24 - 8 * index))) >>> 0, 0)
}

function unknown(raw: number): ReferenceId {
  return { kind: 'unknown', text: `0x${raw.toString(16).padStart(8, '0')}` }
}

function readCode(kind: 'kiss' | 'source', raw: number): ReferenceId {
  const code = PADDED_CODE.exec(String.fromCharCode(...octets(raw)))?.[1]
  return code === undefined ? unknown(raw) : { kind, text: code }
}

/**
 * Reads a reference identifier by the stratum it came with. Any number is read as something.
 *
 * @param stratum 0 to 255
 * @param raw the field as an unsigned 32-bit integer
 */
export function readReferenceId(stratum: number, raw: number): ReferenceId {
  if (stratum === 0) return readCode('kiss', raw)
  if (stratum === 1) return readCode('source', raw)
  return stratum < 16 ? { kind: 'address', text: octets(raw).join('.') } : unknown(raw)
}

function parseAddress(text: string): readonly number[] | null {
  const parts = text.split('.')
  const values = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256))
  return values.length === 4 && values.every((value) => value < 256) ? values : null
}

/**
 * A reference identifier to send: a code of up to four characters such as `LOCL`, or an IPv4
 * address, as an unsigned 32-bit integer.
 *
 * @throws {RangeError} for any other text
 */
export function encodeReferenceId(text: string): number {
  if (CODE.test(text)) return fromOctets(Array.from(text, (character) => character.charCodeAt(0)))
  const address = parseAddress(text)
  if (address !== null) return fromOctets(address)
  throw new RangeError(`reference id ${text}: must be 1 to 4 ASCII characters or an IPv4 address`)
}
