/** A number from 0 to less than `below`. */
export type Below = (below: number) => number

export interface Material {
  /** Inputs to splice with; at least one. */
  corpus: readonly Uint8Array[]
  /** Words that parsers look for; at least one. */
  dictionary: readonly Uint8Array[]
  maximumBytes: number
  below: Below
}

/** What counts and lengths are wrong at. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 254, 255]
const WORDS = [0, 1, 3, 4, 0x7f_ff, 0x80_00, 0xff_fe, 0xff_ff]
const LONGEST_PIECE = 64
const LONGEST_RUN = 16
const MOST_COPIES = 4
/** 1, 2, 4 or 8 changes. */
const CHANGE_COUNTS = 4

/** Makes changed copies of inputs, in one piece of memory: an allocation for each change would cost more than most parsers. */
export class Mutator {
  readonly #material: Material
  readonly #bytes: Uint8Array
  readonly #piece = new Uint8Array(LONGEST_PIECE)
  #length = 0

  constructor(material: Material) {
    this.#material = material
    this.#bytes = new Uint8Array(material.maximumBytes)
  }

  /** @returns a view of memory that the next call overwrites */
  mutate(input: Uint8Array): Uint8Array {
    this.#length = Math.min(input.length, this.#bytes.length)
    this.#bytes.set(input.length > this.#length ? input.subarray(0, this.#length) : input)
    for (let left = 1 << this.#below(CHANGE_COUNTS); left > 0; left -= 1) this.#change()
    return this.#bytes.subarray(0, this.#length)
  }

  #below(limit: number): number {
    return this.#material.below(limit)
  }

  #change(): void {
    if (this.#length === 0) return this.#insertRandom()
    switch (this.#below(12)) {
      case 0:
        return this.#set(this.#below(256))
      case 1:
        return this.#set(EDGES[this.#below(EDGES.length)] ?? 0)
      case 2:
        return this.#changeBy((byte) => byte ^ (1 << this.#below(8)))
      case 3:
        // Lengths that are off by one, the next digit, the next letter.
        return this.#changeBy((byte) => byte + this.#below(9) - 4)
      case 4:
        return this.#setLengthField()
      case 5:
        return this.#remove()
      case 6:
        return this.#repeat()
      case 7:
        return this.#insertRandom()
      case 8:
        return this.#insertWord()
      case 9:
        return this.#overwriteWord()
      case 10:
        return this.#move()
      default:
        return this.#splice()
    }
  }

  #set(value: number): void {
    this.#bytes[this.#below(this.#length)] = value
  }

  #changeBy(change: (byte: number) => number): void {
    const at = this.#below(this.#length)
    this.#bytes[at] = change(this.#bytes[at] ?? 0)
  }

  /** 16 bits, big-endian: an edge, or about what is left of the input from there. */
  #setLengthField(): void {
    const at = this.#below(this.#length)
    const isEdge = this.#below(2) === 0
    const near = this.#length - at + this.#below(9) - 4
    const value = isEdge ? (WORDS[this.#below(WORDS.length)] ?? 0) : near
    this.#bytes[at] = value >>> 8
    if (at + 1 < this.#length) this.#bytes[at + 1] = value
  }

  #remove(): void {
    const from = this.#below(this.#length)
    this.#cut(from, Math.min(this.#length - from, 1 + this.#below(LONGEST_PIECE)))
  }

  #repeat(): void {
    const piece = this.#takePiece()
    for (let left = 1 + this.#below(MOST_COPIES); left > 0; left -= 1)
      this.#insert(piece.at + piece.bytes.length, piece.bytes)
  }

  /** A run of one byte, or of random ones. */
  #insertRandom(): void {
    const bytes = this.#piece.subarray(0, 1 + this.#below(LONGEST_RUN))
    const value = this.#below(256)
    if (this.#below(2) === 0) bytes.fill(value)
    else for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.#below(256)
    this.#insert(this.#below(this.#length + 1), bytes)
  }

  #insertWord(): void {
    this.#insert(this.#below(this.#length + 1), this.#word())
  }

  #overwriteWord(): void {
    const word = this.#word()
    const at = this.#below(this.#length)
    const length = Math.min(word.length, this.#bytes.length - at)
    this.#bytes.set(length < word.length ? word.subarray(0, length) : word, at)
    this.#length = Math.max(this.#length, at + length)
  }

  #word(): Uint8Array {
    const { dictionary } = this.#material
    return dictionary[this.#below(dictionary.length)] ?? this.#piece
  }

  /** A piece of it goes to another place. */
  #move(): void {
    const { at, bytes } = this.#takePiece()
    this.#cut(at, bytes.length)
    this.#insert(this.#below(this.#length + 1), bytes)
  }

  /** The beginning of it, and the end of another. */
  #splice(): void {
    const { corpus } = this.#material
    const other = corpus[this.#below(corpus.length)] ?? this.#piece
    const end = other.subarray(this.#below(other.length + 1))
    const at = this.#below(this.#length + 1)
    const length = Math.min(end.length, this.#bytes.length - at)
    this.#bytes.set(length < end.length ? end.subarray(0, length) : end, at)
    this.#length = at + length
  }

  /** A copy of up to 64 bytes from somewhere. */
  #takePiece(): { at: number; bytes: Uint8Array } {
    const at = this.#below(this.#length)
    const length = Math.min(this.#length - at, 1 + this.#below(LONGEST_PIECE))
    const bytes = this.#piece.subarray(0, length)
    bytes.set(this.#bytes.subarray(at, at + length))
    return { at, bytes }
  }

  #cut(at: number, length: number): void {
    this.#bytes.copyWithin(at, at + length, this.#length)
    this.#length -= length
  }

  /** What no longer fits is cut off at the end. */
  #insert(at: number, bytes: Uint8Array): void {
    const length = Math.min(bytes.length, this.#bytes.length - at)
    this.#bytes.copyWithin(at + length, at, this.#length)
    this.#bytes.set(length < bytes.length ? bytes.subarray(0, length) : bytes, at)
    this.#length = Math.min(this.#bytes.length, this.#length + length)
  }
}
