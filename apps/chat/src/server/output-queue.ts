/** What is sent to many clients is kept in blocks of this size, so that what one of them waits for is one piece. */
const BLOCK_BYTES = 64 * 1024
/** Small pieces are sent together, in one call, up to so much. */
const GATHER_BYTES = 4 * 1024
/** A piece that waits costs about this much beside its bytes: a view, and a place in the queue. */
const PIECE_BYTES = 128

const blocks = new WeakSet<ArrayBufferLike>()

/** The bytes that clients share: each is stored once, however many wait for it. */
export class SharedBlocks {
  #block = Buffer.alloc(0)
  #used = 0

  /** @returns `parts` in one piece, which follows the last one in memory where there is room */
  append(parts: readonly Uint8Array[], length: number): Uint8Array {
    if (length > this.#block.length - this.#used) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, length))
      this.#used = 0
      blocks.add(this.#block.buffer)
    }
    const start = this.#used
    for (const part of parts) {
      this.#block.set(part, this.#used)
      this.#used += part.length
    }
    return this.#block.subarray(start, this.#used)
  }
}

/** What a client has not taken yet: ranges of blocks that it shares with others, and bytes of its own. */
export class OutputQueue {
  readonly #pieces: Uint8Array[] = []
  #bytes = 0
  #ownBytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** About how much memory it takes beyond what it shares with others. */
  get ownBytes(): number {
    return this.#ownBytes + this.#pieces.length * PIECE_BYTES
  }

  /** A piece that follows the last one in memory makes that longer: a client that only reads waits for one piece. */
  push(piece: Uint8Array): void {
    this.#bytes += piece.length
    if (isOwn(piece)) this.#ownBytes += piece.length
    const last = this.#pieces.at(-1)
    if (last === undefined || !isFollowedBy(last, piece)) this.#pieces.push(piece)
    else this.#pieces[this.#pieces.length - 1] = joined(last, piece)
  }

  /** @returns what is to be sent next, taken from the queue; undefined when it is empty */
  take(): Uint8Array | undefined {
    const first = this.#shift()
    if (first === undefined || !this.#isSmallWith(first.length)) return first
    const parts = [first]
    let bytes = first.length
    while (this.#isSmallWith(bytes)) {
      const next = this.#shift() ?? new Uint8Array()
      parts.push(next)
      bytes += next.length
    }
    return Buffer.concat(parts, bytes)
  }

  #isSmallWith(bytes: number): boolean {
    const next = this.#pieces[0]
    return next !== undefined && bytes + next.length <= GATHER_BYTES
  }

  #shift(): Uint8Array | undefined {
    const piece = this.#pieces.shift()
    if (piece === undefined) return undefined
    this.#bytes -= piece.length
    if (isOwn(piece)) this.#ownBytes -= piece.length
    return piece
  }
}

/** Not a part of a block that others wait for as well. */
function isOwn(piece: Uint8Array): boolean {
  return !blocks.has(piece.buffer)
}

function isFollowedBy(last: Uint8Array, next: Uint8Array): boolean {
  return last.buffer === next.buffer && last.byteOffset + last.length === next.byteOffset
}

function joined(last: Uint8Array, next: Uint8Array): Uint8Array {
  return Buffer.from(last.buffer, last.byteOffset, last.length + next.length)
}
