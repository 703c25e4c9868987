/** 16 bits in network order at the offset `at`, which the caller has checked. */
export const readUint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number)

/** 32 bits in network order, 0 to 4,294,967,295; as `readUint16`. */
export const readUint32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0

/** Writes 16 bits in network order; as `readUint16`. */
export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

/** Writes 32 bits in network order; as `readUint16`. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Length with the padding to a multiple of four (RFC 9260 section 3.2). */
export const padded = (length: number): number => (length + 3) & ~3

/** All parts in one array, each padded to four bytes but the last. */
export function concatPadded(parts: readonly Uint8Array[]): Uint8Array {
  const last = parts.at(-1)
  const before = parts.slice(0, -1).reduce((sum, part) => sum + padded(part.length), 0)
  const whole = new Uint8Array(before + (last?.length ?? 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += padded(part.length)
  }
  return whole
}

const PIECE_BYTES = 256 * 1024

/**
 * Cuts small byte arrays from large pieces of memory: an allocation for each packet would cost more
 * than all that is done with it. A piece lives until the last array cut from it is forgotten.
 */
export class Slab {
  #piece = new Uint8Array(0)
  #used = 0

  /** An array of `size` bytes; the memory is zeroed. */
  cut(size: number): Uint8Array {
    const bytes = this.peek(size)
    this.#used += size
    return bytes
  }

  /** The array that `cut` would give, without taking it: the next `cut` or `peek` overlaps it. */
  peek(size: number): Uint8Array {
    if (this.#used + size > this.#piece.length) {
      this.#piece = new Uint8Array(Math.max(PIECE_BYTES, size))
      this.#used = 0
    }
    return this.#piece.subarray(this.#used, this.#used + size)
  }
}

/**
 * The bytes, copied if they are a small part of a larger buffer: a kept part of a
 * datagram would otherwise keep all of it in memory.
 */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.length * 2 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes
