import type { TcpConnection } from '@sockyard/net/tcp'
import { type Line, LineDecoder, TelnetDecoder } from '@sockyard/protocol/chat'

import type { ClientLimits, SpeakerState } from './client-limits.ts'
import { ClientWriter } from './client-writer.ts'

/** A pause shorter than this does not end a flood. */
const BREAK_MILLIS = 1_000

/** Since when the lines of a member have had to wait, pauses of less than a second not counted. */
export class RateDelay {
  #since: number | undefined
  #endedAt: number | undefined

  /** Undefined while nothing waits. */
  get since(): number | undefined {
    return this.#endedAt === undefined ? this.#since : undefined
  }

  /** A line has to wait. @returns whether it is the first one of this flood */
  begin(now: number): boolean {
    if (this.#endedAt !== undefined && now - this.#endedAt > BREAK_MILLIS) this.#since = undefined
    const isFirst = this.#since === undefined
    this.#since ??= now
    this.#endedAt = undefined
    return isFirst
  }

  /** No line waits any more. */
  end(now: number): void {
    if (this.#since !== undefined) this.#endedAt ??= now
  }
}

/**
 * So many bytes are cut into lines at once: empty ones take sixty times their bytes, and a client that sends nothing
 * else has to wait with them.
 */
const PIECE_BYTES = 1024
const NOTHING = new Uint8Array()

/** What a line that waits costs beside its text, about. */
const LINE_BYTES = 64

/** One client of the chat: its sending side, and the lines that it types. */
export class Member extends ClientWriter implements SpeakerState {
  /** Lines that wait to be carried out; when they are, there may be more. */
  readonly lines: Line[] = []
  /** What came behind them. */
  #text: Uint8Array = NOTHING
  lastLineAt: number
  isProbed = false
  /** A name is being claimed for it: its lines wait. */
  isNaming = false
  firstLineBegunAt: number | undefined
  readonly waiting = new RateDelay()
  /** The client sends no more. */
  hasEnded = false
  #hasSpoken = false
  readonly #telnet = new TelnetDecoder()
  readonly #decoder: LineDecoder

  constructor(connection: TcpConnection, limits: ClientLimits & { maxLine: number }, now: number) {
    super(connection, limits)
    this.lastLineAt = now
    this.#decoder = new LineDecoder({ maximumBytes: limits.maxLine })
  }

  get waitingSince(): number | undefined {
    return this.waiting.since
  }

  /** Adds what was received to `lines`; an unfinished line is kept. @returns the answers to telnet negotiation */
  read(chunk: Uint8Array, now: number): Uint8Array {
    const text = this.#telnet.push(chunk)
    const isWaiting = this.#text.length > 0 || this.lines.length > 0
    // What outlives this call is copied: the chunk is the engine's.
    this.#text = isWaiting || text.length > PIECE_BYTES ? Buffer.concat([this.#text, text]) : text
    this.#cutLines(now)
    return this.#telnet.takeRefusals()
  }

  /** Whether it asked "Are You There" (RFC 854) since the last call. */
  takeAreYouThere(): boolean {
    return this.#telnet.takeAreYouThere()
  }

  /** The client sends no more: what it did not end is a line too. */
  readEnd(now: number): void {
    this.hasEnded = true
    this.#cutLines(now)
  }

  /** The first `count` of `lines` are handled; when none is left, the next ones take their place. */
  handled(count: number, now: number): void {
    this.lines.splice(0, count)
    this.#cutLines(now)
  }

  #cutLines(now: number): void {
    while (this.lines.length === 0 && this.#text.length > 0) {
      this.#take(this.#decoder.push(this.#text.subarray(0, PIECE_BYTES)), now)
      this.#text = this.#text.subarray(PIECE_BYTES)
    }
    if (this.#text.length === 0) this.#text = NOTHING
    if (this.hasEnded && this.lines.length === 0) this.#take(this.#decoder.end(), now)
    this.waitingBytes = this.#text.length + this.lines.length * LINE_BYTES
  }

  #take(lines: readonly Line[], now: number): void {
    if (!this.#hasSpoken) this.firstLineBegunAt ??= now
    if (lines.length === 0) return
    this.#hasSpoken = true
    this.firstLineBegunAt = undefined
    this.lastLineAt = now
    this.isProbed = false
    for (const line of lines) this.lines.push(line)
  }
}
