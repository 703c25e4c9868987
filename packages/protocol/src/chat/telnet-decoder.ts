/** RFC 854, "TELNET command structure". */
const SE = 240
const AYT = 246
const EC = 247
const EL = 248
const SB = 250
const WILL = 251
const WONT = 252
const DO = 253
const DONT = 254
const IAC = 255
/** The least byte that is a command: end of file (RFC 1184). */
const FIRST_COMMAND = 236

/** What a terminal sends for the same: Ctrl-H, Ctrl-U. */
const BACKSPACE = 8
const ERASE_LINE = 21
const LF = 10
const CR = 13

/** A subnegotiation that has not ended by then never will: what follows is read as text again. */
const MAXIMUM_SUBNEGOTIATION_BYTES = 512

/** Refusals kept until they are taken; a peer that asks faster than this goes unanswered. */
const MAXIMUM_REFUSALS = 32

const NOTHING = new Uint8Array()

/**
 * What the next byte is: text; a command after IAC; the option after WILL, WONT, DO or DONT; inside a
 * subnegotiation; after IAC inside a subnegotiation.
 */
type State = 'text' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation command'

/**
 * Takes telnet's commands and negotiation (RFC 854, RFC 855) out of what a peer sends, wherever the stream is split.
 * Erase Character and Erase Line become what a terminal sends for them. Peers that do not speak telnet pass through
 * untouched, but for a single 0xFF, which no UTF-8 text holds. No command takes the end of a line with it: no option
 * has the number of CR or LF that a client of lines could mean, and none may begin a subnegotiation, because all are
 * refused.
 */
export class TelnetDecoder {
  #state: State = 'text'
  #request = 0
  #subnegotiationBytes = 0
  #refusals: number[] = []
  #isAskedIfHere = false

  /**
   * @param chunk what came in, cut anywhere
   * @returns the text in it: `chunk` itself when it holds no telnet command, else a copy
   */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#state === 'text' && !chunk.includes(IAC)) return chunk
    const text = new Uint8Array(chunk.length)
    let length = 0
    // An iterator would take most of the time.
    for (let index = 0; index < chunk.length; index += 1) {
      const character = this.#next(chunk[index] ?? 0)
      if (character === undefined) continue
      text[length] = character
      length += 1
    }
    return text.subarray(0, length)
  }

  /** Whether the peer asked "Are You There" (RFC 854) since the last call: it waits for a visible answer. */
  takeAreYouThere(): boolean {
    const isAsked = this.#isAskedIfHere
    this.#isAskedIfHere = false
    return isAsked
  }

  /**
   * The answers owed to the peer since the last call: every option it asked for is refused (RFC 854: WONT to
   * DO, DONT to WILL). Without them, a telnet client whose user pressed Ctrl-C shows nothing more, waiting
   * for the answer to its DO TIMING-MARK (RFC 860).
   */
  takeRefusals(): Uint8Array {
    if (this.#refusals.length === 0) return NOTHING
    const refusals = Uint8Array.from(this.#refusals)
    this.#refusals = []
    return refusals
  }

  /** @returns the byte of text, if it is one or stands for one */
  #next(byte: number): number | undefined {
    if (this.#state === 'text') return this.#inText(byte)
    if (this.#state === 'command') return this.#inCommand(byte)
    if (isLineEnd(byte)) return this.#abandon(byte)
    if (this.#state === 'option') return this.#inOption(byte)
    return this.#inSubnegotiation(byte)
  }

  #inText(byte: number): number | undefined {
    if (byte !== IAC) return byte
    this.#state = 'command'
    return undefined
  }

  /** What was begun makes no sense here: `byte` is text again. */
  #abandon(byte: number): number {
    this.#state = 'text'
    return byte
  }

  /** IAC IAC is the byte 0xFF, IAC before no command a stray one; commands below SB have no argument. */
  #inCommand(byte: number): number | undefined {
    this.#state = 'text'
    if (byte === IAC || byte < FIRST_COMMAND) return byte
    if (byte === EC) return BACKSPACE
    if (byte === EL) return ERASE_LINE
    if (byte === AYT) this.#isAskedIfHere = true
    else if (byte === SB) {
      this.#state = 'subnegotiation'
      this.#subnegotiationBytes = 0
    } else if (byte >= WILL) {
      this.#state = 'option'
      this.#request = byte
    }
    return undefined
  }

  #inOption(option: number): undefined {
    this.#state = 'text'
    if (this.#refusals.length < 3 * MAXIMUM_REFUSALS) {
      if (this.#request === DO) this.#refusals.push(IAC, WONT, option)
      if (this.#request === WILL) this.#refusals.push(IAC, DONT, option)
    }
  }

  #inSubnegotiation(byte: number): number | undefined {
    this.#subnegotiationBytes += 1
    if (this.#subnegotiationBytes > MAXIMUM_SUBNEGOTIATION_BYTES) this.#state = 'text'
    else if (this.#state === 'subnegotiation command') return this.#afterInnerIac(byte)
    else if (byte === IAC) this.#state = 'subnegotiation command'
    return undefined
  }

  /** IAC SE ends it, IAC IAC is data in it; any other command means that the end was forgotten. */
  #afterInnerIac(byte: number): number | undefined {
    if (byte === SE) this.#state = 'text'
    else if (byte === IAC) this.#state = 'subnegotiation'
    else return this.#inCommand(byte)
    return undefined
  }
}

function isLineEnd(byte: number): boolean {
  return byte === LF || byte === CR
}
