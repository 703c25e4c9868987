import { addressBytes, ipv6Text, zoneIndex } from './addresses.ts'

/** The third word of an IPv4-mapped IPv6 address, ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
const MAPPED = 0xffff

/** Where datagrams came from and where they were sent to, by index, as numbers: reading them allocates nothing. */
export interface DatagramAddresses {
  /** 0 to 65,535: 0 cannot be answered. */
  sourcePort(index: number): number
  /** 4 (also when a dual-stack socket shows it IPv4-mapped) or 6; 0 when it is not known. */
  sourceFamily(index: number): number
  /**
   * 32 bits of the source's address, signed.
   *
   * @param word 0 to 3; the last one, by default, is the whole IPv4 address, the others are those of its IPv4-mapped
   *   form
   */
  sourceWord(index: number, word?: number): number
  /** The index of the interface that a link-local source is valid on (RFC 4007); 0: none. */
  sourceScope(index: number): number
  /** As `sourceFamily`, of the address it was sent to; 0 when that is not known. */
  destinationFamily(index: number): number
  /** As `sourceWord`. */
  destinationWord(index: number, word?: number): number
}

/** Four words of an address: an IPv4 address is IPv4-mapped, a zone is left out. */
export function addressWords(address: string): Int32Array {
  const words = new Int32Array(4)
  writeAddressWords(address, words)
  return words
}

/**
 * Writes the four words of `address` into `words`.
 *
 * @param address numeric, as net.isIP accepts it
 * @returns its family: 4, also of an IPv4-mapped one, or 6
 */
export function writeAddressWords(address: string, words: Int32Array): 4 | 6 {
  if (!address.includes(':')) {
    words[0] = 0
    words[1] = 0
    words[2] = MAPPED
    words[3] = ipv4Word(address)
    return 4
  }
  const bytes = addressBytes(address)
  for (let word = 0; word < 4; word += 1) {
    const [first = 0, second = 0, third = 0, fourth = 0] = bytes.slice(word * 4, word * 4 + 4)
    words[word] = (first << 24) | (second << 16) | (third << 8) | fourth
  }
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED ? 4 : 6
}

/** `192.0.2.1` as a signed 32-bit number. */
function ipv4Word(address: string): number {
  let word = 0
  let octet = 0
  for (let at = 0; at < address.length; at += 1) {
    const digit = address.charCodeAt(at) - 48
    if (digit >= 0) octet = octet * 10 + digit
    else {
      word = (word << 8) | octet
      octet = 0
    }
  }
  return (word << 8) | octet
}

/** One source (and destination) given as text, as the rules for datagrams read it. The index does not matter. */
export class AddressRecord implements DatagramAddresses {
  readonly #source = new Int32Array(4)
  readonly #destination = new Int32Array(4)
  #sourceFamily = 0
  #sourceScope = 0
  #sourcePort = 0
  #destinationFamily = 0

  /** @param address numeric; a link-local one with its zone */
  setSource(address: string, port: number): void {
    this.#sourceFamily = writeAddressWords(address, this.#source)
    this.#sourceScope = address.includes('%') ? zoneIndex(address) : 0
    this.#sourcePort = port
  }

  /** @param address numeric; undefined when it is not known */
  setDestination(address: string | undefined): void {
    this.#destinationFamily =
      address === undefined ? 0 : writeAddressWords(address, this.#destination)
  }

  sourcePort(_index: number): number {
    return this.#sourcePort
  }

  sourceFamily(_index: number): number {
    return this.#sourceFamily
  }

  sourceWord(_index: number, word = 3): number {
    return this.#source[word] ?? 0
  }

  sourceScope(_index: number): number {
    return this.#sourceScope
  }

  destinationFamily(_index: number): number {
    return this.#destinationFamily
  }

  destinationWord(_index: number, word = 3): number {
    return this.#destination[word] ?? 0
  }
}

/**
 * The source of a datagram as text: an IPv4-mapped address as IPv4, a link-local one with its zone as a number.
 *
 * @returns undefined when it is not known
 */
export function sourceAddress(datagrams: DatagramAddresses, index: number): string | undefined {
  const family = datagrams.sourceFamily(index)
  if (family === 0) return undefined
  const address = addressText(family, (word) => datagrams.sourceWord(index, word))
  const scope = datagrams.sourceScope(index)
  return scope === 0 ? address : `${address}%${scope}`
}

/** As `sourceAddress`, of the address that a datagram was sent to. */
export function destinationAddress(
  datagrams: DatagramAddresses,
  index: number,
): string | undefined {
  const family = datagrams.destinationFamily(index)
  if (family === 0) return undefined
  return addressText(family, (word) => datagrams.destinationWord(index, word))
}

/** An address as text. @param wordAt its words, 0 to 3 */
export function addressText(family: number, wordAt: (word: number) => number): string {
  if (family === 4) return ipv4Text(wordAt(3))
  const groups = [0, 1, 2, 3].flatMap((word) => [wordAt(word) >>> 16, wordAt(word) & 0xffff])
  return ipv6Text(groups)
}

function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}
