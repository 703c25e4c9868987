import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'

import { addressBytes } from './address-bytes.ts'
import type { AddressVerdict } from './address-list.ts'
import { unmapped } from './source-address.ts'

/** Four words of an address and four of its mask. */
const BLOCK_WORDS = 8
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** The lists of `--allow` and `--deny` for datagrams in batches: as `createAddressList`, without allocation. */
export class DatagramAccess {
  readonly #allow: Int32Array
  readonly #deny: Int32Array

  /** Blocks (`10.0.0.0/8`) and single addresses, as `createAddressList` has found them right. */
  constructor(lists: { allow: readonly string[]; deny: readonly string[] }) {
    this.#allow = Int32Array.from(lists.allow.flatMap(block))
    this.#deny = Int32Array.from(lists.deny.flatMap(block))
  }

  /** `denied`: on the deny list, which always wins. `not-allowed`: there is an allow list and it is not on it. */
  check(received: ReceivedDatagrams, index: number): AddressVerdict {
    if (contains(this.#deny, received, index)) return 'denied'
    if (this.#allow.length === 0) return 'permitted'
    return contains(this.#allow, received, index) ? 'permitted' : 'not-allowed'
  }
}

function contains(blocks: Int32Array, received: ReceivedDatagrams, index: number): boolean {
  for (let at = 0; at < blocks.length; at += BLOCK_WORDS)
    if (isIn(blocks, at, received, index)) return true
  return false
}

function isIn(blocks: Int32Array, at: number, received: ReceivedDatagrams, index: number): boolean {
  for (let word = 0; word < 4; word += 1) {
    const masked = received.sourceWord(index, word) & (blocks[at + 4 + word] ?? 0)
    if (masked !== blocks[at + word]) return false
  }
  return true
}

/** IPv4 blocks are IPv4-mapped, as the words of a source are. */
function block(entry: string): number[] {
  const [given = '', length] = entry.split('/')
  const address = unmapped(given)
  const ipv4 = !address.includes(':')
  const bytes = [...(ipv4 ? MAPPED_PREFIX : []), ...addressBytes(address)]
  const whole = given.includes(':') ? 128 : 32
  const prefix = Number(length ?? whole) + (whole === 32 ? 96 : 0)
  const mask = bytes.map(
    (_, index) => 0xff & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * index))),
  )
  return [...words(bytes.map((byte, index) => byte & (mask[index] ?? 0))), ...words(mask)]
}

function words(bytes: readonly number[]): number[] {
  const view = new DataView(Uint8Array.from(bytes).buffer)
  return [0, 4, 8, 12].map((offset) => view.getInt32(offset))
}
