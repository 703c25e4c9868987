import { createCipheriv } from 'node:crypto'

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
