import { safeText } from '../safe-text.ts'
import { LineDecoder } from './line-decoder.ts'
import { TelnetDecoder } from './telnet-decoder.ts'

/** How the probe of a chat server begins; an empty line answers it, which clients do by themselves. */
export const STILL_THERE = '* still there?'

/** Longer than a server of ours sends: a name and a line of --max-line at its greatest. */
const MAXIMUM_BYTES = 128 * 1024

/** What a chat server sends, as lines that are safe to show, whatever the server is. */
export class SafeLines {
  readonly #telnet = new TelnetDecoder()
  readonly #decoder = new LineDecoder({ maximumBytes: MAXIMUM_BYTES })

  push(chunk: Uint8Array): string[] {
    return this.#decoder.push(this.#telnet.push(chunk)).map(({ text }) => safeText(text))
  }

  /** The server sends no more: what it did not end is a line too. */
  end(): string[] {
    return this.#decoder.end().map(({ text }) => safeText(text))
  }
}
