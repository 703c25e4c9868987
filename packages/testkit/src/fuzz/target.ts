/**
 * What a fuzz target is: a parser, and what must hold for whatever bytes it gets. It stands beside the parser, in
 * a file of its own that exports `targets`, an array of these; `npm run fuzz` finds it.
 */
export interface FuzzTarget {
  /** The command line has it: `ntp-packet`. */
  name: string
  /** Good inputs of every shape; text is taken as UTF-8. */
  seeds: readonly (Uint8Array | string)[]
  /** Words that the parser's own source does not hold, but that matter to it. */
  dictionary?: readonly (Uint8Array | string)[]
  /** The longest input. @default 1024 */
  maximumBytes?: number
  /** Throws, or rejects, when something does not hold. */
  run: (input: Uint8Array) => void | Promise<void>
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** An input as text, for parsers of text. Invalid UTF-8 becomes U+FFFD. */
export function textOf(input: Uint8Array): string {
  return decoder.decode(input)
}

/** A seed or a word as bytes. */
export function bytesOf(seed: Uint8Array | string): Uint8Array {
  return typeof seed === 'string' ? encoder.encode(seed) : seed
}
