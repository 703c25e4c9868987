/** Where one listener hears something else than the rest: `skip` bytes not, and `insert` in addition. */
interface Exception {
  at: number
  skip: number
  insert: Uint8Array | undefined
}

/**
 * What is said in one turn of the event loop, and who hears what of it. Each line is encoded once; listeners
 * who said nothing and were told nothing share one buffer.
 */
export class Turn<Listener> {
  readonly #said: Uint8Array[] = []
  #length = 0
  readonly #exceptions = new Map<Listener, Exception[]>()

  /** How much was said to all or to all others. */
  get bytes(): number {
    return this.#length
  }

  sayToAll(bytes: Uint8Array): void {
    this.#said.push(bytes)
    this.#length += bytes.length
  }

  sayToOthers(speaker: Listener, bytes: Uint8Array): void {
    this.#except(speaker, bytes.length)
    this.sayToAll(bytes)
  }

  /** Only `listener` hears it, between what was said before and after. */
  tell(listener: Listener, insert: Uint8Array): void {
    this.#exceptionsOf(listener).push({ at: this.#length, skip: 0, insert })
  }

  /** Who comes in hears nothing of what was said before in this turn. */
  enter(listener: Listener): void {
    this.#exceptions.set(listener, [{ at: 0, skip: this.#length, insert: undefined }])
  }

  /** Who leaves hears nothing more of this turn. */
  leave(listener: Listener): void {
    this.#except(listener, Number.POSITIVE_INFINITY)
  }

  /** The turn is over. @returns what each listener is to be sent, in one piece */
  end(): (listener: Listener) => Uint8Array {
    const all = joined(this.#said)
    return (listener) => {
      const exceptions = this.#exceptions.get(listener)
      return exceptions === undefined ? all : joined(pieces(all, exceptions))
    }
  }

  #except(listener: Listener, skip: number): void {
    this.#exceptionsOf(listener).push({ at: this.#length, skip, insert: undefined })
  }

  #exceptionsOf(listener: Listener): Exception[] {
    const known = this.#exceptions.get(listener)
    if (known !== undefined) return known
    const exceptions: Exception[] = []
    this.#exceptions.set(listener, exceptions)
    return exceptions
  }
}

function pieces(all: Uint8Array, exceptions: readonly Exception[]): Uint8Array[] {
  const heard: Uint8Array[] = []
  let from = 0
  for (const { at, skip, insert } of exceptions) {
    if (at > from) heard.push(all.subarray(from, at))
    if (insert !== undefined) heard.push(insert)
    from = at + skip
  }
  if (from < all.length) heard.push(all.subarray(from))
  return heard
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}
