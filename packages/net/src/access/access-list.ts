import { isIP } from 'node:net'

import { AddressRecord, addressWords, type DatagramAddresses } from '../address/address-words.ts'
import { ConfigurationError } from '../errors/errors.ts'

/** `denied`: in a block of `--deny`; `not-allowed`: in none of `--allow`. */
export type AccessVerdict = 'permitted' | 'denied' | 'not-allowed'

/** Four words of an address and four of its mask. */
const BLOCK_WORDS = 8
/** Bits before the IPv4 address of an IPv4-mapped one (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96

/**
 * The lists of `--allow` and `--deny`: CIDR blocks (`10.0.0.0/8`, `2001:db8::/32`) or single addresses. With an empty
 * allow list everything is permitted that is not denied.
 */
export class AccessList {
  readonly #allow: Int32Array
  readonly #deny: Int32Array
  readonly #record = new AddressRecord()

  /** @throws {ConfigurationError} for an entry that is neither a block nor an address, naming it */
  constructor({ allow = [], deny = [] }: { allow?: readonly string[]; deny?: readonly string[] }) {
    this.#allow = Int32Array.from(allow.flatMap((entry) => block('--allow', entry)))
    this.#deny = Int32Array.from(deny.flatMap((entry) => block('--deny', entry)))
  }

  /**
   * `denied`: on the deny list, which always wins. `not-allowed`: there is an allow list and it is not on it.
   *
   * @param address numeric: a zone and an IPv4-mapped form are understood. Anything else is on no list
   */
  check(address: string): AccessVerdict {
    if (isIP(address) === 0) return this.#allow.length === 0 ? 'permitted' : 'not-allowed'
    this.#record.setSource(address, 0)
    return this.checkSource(this.#record, 0)
  }

  /** `check` of a datagram's source, without allocation. */
  checkSource(datagrams: DatagramAddresses, index: number): AccessVerdict {
    if (contains(this.#deny, datagrams, index)) return 'denied'
    if (this.#allow.length === 0) return 'permitted'
    return contains(this.#allow, datagrams, index) ? 'permitted' : 'not-allowed'
  }
}

function contains(blocks: Int32Array, datagrams: DatagramAddresses, index: number): boolean {
  for (let at = 0; at < blocks.length; at += BLOCK_WORDS)
    if (isIn(blocks, at, datagrams, index)) return true
  return false
}

function isIn(
  blocks: Int32Array,
  at: number,
  datagrams: DatagramAddresses,
  index: number,
): boolean {
  for (let word = 0; word < 4; word += 1) {
    const masked = datagrams.sourceWord(index, word) & (blocks[at + 4 + word] ?? 0)
    if (masked !== blocks[at + word]) return false
  }
  return true
}

/** The words of an address and of its mask; IPv4 blocks are IPv4-mapped, as the words of a source are. */
function block(field: string, entry: string): number[] {
  const [address = '', length, ...rest] = entry.split('/')
  const bits = isIP(address) === 4 ? 32 : 128
  const prefix = length === undefined ? bits : Number(length)
  const words = isIP(address) === 0 ? undefined : addressWords(address)
  const isMapped = words?.[2] === 0xffff && words[0] === 0 && words[1] === 0
  const least = isMapped && bits === 128 ? MAPPED_BITS : 0
  const isLength = length === undefined || /^\d{1,3}$/.test(length)
  if (words === undefined || rest.length > 0 || !isLength || prefix > bits || prefix < least)
    throw new ConfigurationError(field, entry, 'must be an address or a block such as 10.0.0.0/8')
  const mask = maskWords(prefix + 128 - bits)
  return [...words.map((word, index) => word & (mask[index] ?? 0)), ...mask]
}

/** So many bits from the left that are 1, of 128. */
function maskWords(bits: number): number[] {
  return [0, 32, 64, 96].map((before) => {
    const ones = Math.min(32, Math.max(0, bits - before))
    return ones === 0 ? 0 : -1 << (32 - ones)
  })
}
