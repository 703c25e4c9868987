import { decodeUtf8 } from '../utf8.ts'

/** One line as a peer sent it, without its end. Not safe to show: see safeText. */
export interface Line {
  text: string
  /** Whether it was longer than the limit, and its rest is lost. */
  truncated: boolean
}

const NUL = 0
const LF = 10
const CR = 13

const NOTHING = new Uint8Array()

/**
 * Cuts a byte stream into lines of UTF-8, however it is split. A line ends with LF, CR LF, CR NUL (what telnet sends
 * for a bare carriage return, RFC 854), or CR alone, as a terminal in raw mode sends it. Invalid UTF-8 becomes
 * U+FFFD. Holds one line of at most `maximumBytes`: what an over-long line has beyond them is let go as it comes.
 */
export class LineDecoder {
  readonly #maximumBytes: number
  /** The beginning of the unfinished line; a byte more than a line, to tell whether its last character is whole. */
  #held = NOTHING
  /** How long the unfinished line is, its lost bytes counted. */
  #length = 0
  /** A CR ended the last line: a LF or NUL that follows belongs to it. */
  #isAfterCr = false

  /** @param limits.maximumBytes the longest line, in bytes of UTF-8 and without its end */
  constructor({ maximumBytes }: { maximumBytes: number }) {
    this.#maximumBytes = maximumBytes
  }

  /** @returns the lines that `chunk` completes, in order */
  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = []
    let start = this.#endOfLineEnd(chunk, 0)
    // A line that never ends is let go at the speed of memchr(3).
    const last = chunk.includes(LF) || chunk.includes(CR) ? chunk.length : start
    for (let index = start; index < last; index += 1) {
      const byte = chunk[index]
      if (byte !== LF && byte !== CR) continue
      lines.push(this.#finish(chunk.subarray(start, index)))
      this.#isAfterCr = byte === CR
      start = this.#endOfLineEnd(chunk, index + 1)
      index = start - 1
    }
    this.#hold(chunk.subarray(start))
    return lines
  }

  /** The stream is over: the last line, when it had no end. */
  end(): Line[] {
    return this.#length === 0 ? [] : [this.#finish(NOTHING)]
  }

  /** @returns where text goes on from `index`: after the LF or NUL of a CR before it */
  #endOfLineEnd(chunk: Uint8Array, index: number): number {
    if (!this.#isAfterCr || index === chunk.length) return index
    this.#isAfterCr = false
    const byte = chunk[index]
    return byte === LF || byte === NUL ? index + 1 : index
  }

  /** The line is what was held and then `rest`; most lines come whole, and are read where they are. */
  #finish(rest: Uint8Array): Line {
    if (this.#length === 0) return this.#line(rest, rest.length)
    this.#hold(rest)
    const line = this.#line(this.#held.subarray(0, this.#length), this.#length)
    this.#length = 0
    return line
  }

  /** @param bytes the line, or its first `maximumBytes` + 1 when its `length` is more */
  #line(bytes: Uint8Array, length: number): Line {
    const truncated = length > this.#maximumBytes
    return { text: decodeUtf8(bytes, truncated ? this.#maximumBytes : length), truncated }
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    // Most clients never send half a line: memory is allocated only for those that do.
    if (this.#held === NOTHING) this.#held = new Uint8Array(this.#maximumBytes + 1)
    const room = Math.max(0, this.#held.length - this.#length)
    if (room > 0) this.#held.set(bytes.subarray(0, room), this.#length)
    this.#length += bytes.length
  }
}
