import { createHash, timingSafeEqual, createCipheriv } from 'node:crypto'

import { encodeUnsigned } from './codec.ts'
import type { NtpKey } from './keys.ts'
import type { NtpPacket, NtpFields } from './packet.ts'
import { isCryptoNak, type NtpMac } from './trailer.ts'

/** Why a packet is not authentic. */
export type AuthenticationReason = 'crypto-nak' | 'mac-missing' | 'mac-unknown-key' | 'mac-wrong'

/** Which keys there are, and whether a packet must be signed with one of them. */
export interface Authentication {
  readonly keys: ReadonlyMap<number, NtpKey>
  readonly required: boolean
}

/**
 * Why a packet is not authentic, or null. A MAC that can be checked must be right, required or not;
 * one made with a key we don't have is as good as none.
 */
export function unauthentic(
  packet: NtpPacket,
  { keys, required }: Authentication,
): AuthenticationReason | null {
  if (packet.mac === null) return required ? 'mac-missing' : null
  if (isCryptoNak(packet.mac)) return 'crypto-nak'
  const key = keys.get(packet.mac.keyId)
  if (key === undefined) return required ? 'mac-unknown-key' : null
  return verifyMac(key, packet) ? null : 'mac-wrong'
}

/** RFC 7822 leaves 20 octets to a digest; chrony (version 4) and ntpd (all) cut longer ones there. */
const LONGEST_DIGEST = 20

function digestOf({ type, secret }: NtpKey, message: Uint8Array): Uint8Array {
  if (type === 'AES128') return aesCmac(secret, message)
  return createHash(type).update(secret).update(message).digest()
}

/**
 * The MAC of a packet: AES-CMAC (RFC 8573), or a hash of key and packet (RFC 5905, section 7.3).
 *
 * @param fields the packet; a MAC already in it does not count
 * @param digestBytes the longest digest wanted. A reply takes its request's: chrony sends whole
 *   SHA256 digests (32 octets) in version 3, ntpd never.
 */
export function macOf(key: NtpKey, fields: NtpFields, digestBytes = LONGEST_DIGEST): NtpMac {
  return { keyId: key.id, digest: digestOf(key, encodeUnsigned(fields)).slice(0, digestBytes) }
}

/** A whole digest always counts, a cut one only where it is cut by the rule. */
function lengthIsRight(received: number, whole: number): boolean {
  return received === whole || received === Math.min(whole, LONGEST_DIGEST)
}

/** Whether a packet's MAC was made with this key. The time taken says nothing about the digest. */
export function verifyMac(key: NtpKey, fields: NtpFields): boolean {
  if (fields.mac === null || fields.mac.keyId !== key.id) return false
  const { digest } = fields.mac
  const expected = digestOf(key, encodeUnsigned(fields))
  if (!lengthIsRight(digest.length, expected.length)) return false
  return timingSafeEqual(digest, expected.subarray(0, digest.length))
}

const BLOCK_BYTES = 16

/** Encrypts whole blocks, chained from zero: the last block is the CBC-MAC. */
function encryptChained(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-cbc', key, new Uint8Array(BLOCK_BYTES))
  return cipher.setAutoPadding(false).update(blocks)
}

/** Doubling in the field of 2^128: a shift to the left, and 0x87 where a bit fell out. */
function double(block: Uint8Array): Uint8Array {
  const carry = (block[0] ?? 0) >> 7
  return block.map((octet, index) => {
    const next = block[index + 1]
    return (octet << 1) ^ (next === undefined ? carry * 0x87 : next >> 7)
  })
}

/** The message in whole blocks, the last one changed by a subkey (RFC 4493, section 2.4). */
function prepareBlocks(key: Uint8Array, message: Uint8Array): Uint8Array {
  const size = Math.max(1, Math.ceil(message.length / BLOCK_BYTES)) * BLOCK_BYTES
  const blocks = new Uint8Array(size)
  blocks.set(message)
  const whole = message.length === size
  if (!whole) blocks[message.length] = 0x80
  const subkey1 = double(encryptChained(key, new Uint8Array(BLOCK_BYTES)))
  const subkey = whole ? subkey1 : double(subkey1)
  const last = blocks.subarray(size - BLOCK_BYTES)
  last.set(last.map((octet, index) => octet ^ (subkey[index] ?? 0)))
  return blocks
}

/**
 * AES-CMAC (RFC 4493): 16 octets.
 *
 * @param key 16 octets
 * @throws {RangeError} when the key has another length
 */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return encryptChained(key, prepareBlocks(key, message)).slice(-BLOCK_BYTES)
}
