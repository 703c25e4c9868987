/** RFC 854, "TELNET command structure". */
const SE = 240
const SB = 250
const WILL = 251
const WONT = 252
const DO = 253
const DONT = 254
const IAC = 255

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
 * Takes telnet's negotiation (RFC 854, RFC 855) out of what a peer sends, wherever the stream is split. Peers
 * that do not speak telnet pass through untouched, but for a single 0xFF, which no UTF-8 text holds.
 */
export class TelnetDecoder {
  #state: State = 'text'
  #request = 0
  #subnegotiationBytes = 0
  #refusals: number[] = []

  /**
   * @param chunk what came in, cut anywhere
   * @returns the text in it: `chunk` itself when it holds no telnet command, else a copy
   */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#state === 'text' && !chunk.includes(IAC)) return chunk
    const text = new Uint8Array(chunk.length)
    let length = 0
    for (const byte of chunk) {
      if (this.#isText(byte)) {
        text[length] = byte
        length += 1
      }
    }
    return text.subarray(0, length)
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

  #isText(byte: number): boolean {
    if (this.#state === 'text') return this.#inText(byte)
    if (this.#state === 'command') return this.#inCommand(byte)
    if (this.#state === 'option') return this.#inOption(byte)
    return this.#inSubnegotiation(byte)
  }

  #inText(byte: number): boolean {
    if (byte !== IAC) return true
    this.#state = 'command'
    return false
  }

  /** IAC IAC is the byte 0xFF; commands below SB have no argument. */
  #inCommand(byte: number): boolean {
    this.#state = 'text'
    if (byte === SB) {
      this.#state = 'subnegotiation'
      this.#subnegotiationBytes = 0
    } else if (byte >= WILL && byte <= DONT) {
      this.#state = 'option'
      this.#request = byte
    }
    return byte === IAC
  }

  #inOption(option: number): boolean {
    this.#state = 'text'
    if (this.#refusals.length < 3 * MAXIMUM_REFUSALS) {
      if (this.#request === DO) this.#refusals.push(IAC, WONT, option)
      if (this.#request === WILL) this.#refusals.push(IAC, DONT, option)
    }
    return false
  }

  #inSubnegotiation(byte: number): boolean {
    this.#subnegotiationBytes += 1
    if (this.#subnegotiationBytes > MAXIMUM_SUBNEGOTIATION_BYTES) this.#state = 'text'
    else if (this.#state === 'subnegotiation command') this.#afterInnerIac(byte)
    else if (byte === IAC) this.#state = 'subnegotiation command'
    return false
  }

  /** IAC SE ends it, IAC IAC is data in it; any other command means that the end was forgotten. */
  #afterInnerIac(byte: number): void {
    if (byte === SE) this.#state = 'text'
    else if (byte === IAC) this.#state = 'subnegotiation'
    else this.#inCommand(byte)
  }
}
