import { clientPrefix } from '@sockyard/net/address'

/** How long a service waits after a program that left what it was started for, the first time and at most. */
const SERVICE_MILLIS = { first: 250, longest: 10_000 }
/** How long the datagrams of that source are discarded. */
const SOURCE_MILLIS = { first: 1_000, longest: 300_000 }
/** How many are remembered; the least recent is forgotten first. */
const MAXIMUM_SOURCES = 1_000

interface Failure {
  times: number
  until: number
}

/**
 * Programs of `wait` services that end and have left what they were started for, a datagram or a connection: how long
 * their service waits, and how long the source. Each failure in a row doubles both.
 */
export class StartBackoff {
  readonly #sources = new Map<string, Failure>()
  readonly #nowMillis: () => number
  #inARow = 0

  constructor(nowMillis = () => performance.now()) {
    this.#nowMillis = nowMillis
  }

  /** Whether the datagrams of this source are discarded for now. */
  holds(address: string): boolean {
    return (this.#sources.get(clientPrefix(address))?.until ?? 0) > this.#nowMillis()
  }

  /** A program ended and left it. @returns how long its service starts none, in milliseconds */
  failed(address: string): number {
    const source = clientPrefix(address)
    const times = (this.#sources.get(source)?.times ?? 0) + 1
    this.#sources.delete(source)
    this.#sources.set(source, { times, until: this.#nowMillis() + doubled(SOURCE_MILLIS, times) })
    if (this.#sources.size > MAXIMUM_SOURCES) this.#forgetOldest()
    this.#inARow += 1
    return doubled(SERVICE_MILLIS, this.#inARow)
  }

  succeeded(address: string): void {
    this.#inARow = 0
    this.#sources.delete(clientPrefix(address))
  }

  #forgetOldest(): void {
    for (const source of this.#sources.keys()) {
      this.#sources.delete(source)
      return
    }
  }
}

function doubled({ first, longest }: typeof SERVICE_MILLIS, times: number): number {
  return Math.min(longest, first * 2 ** (times - 1))
}
