/** What a Session-Reflector has counted in one session. */
export interface SessionCounts {
  received: number
  sent: number
}

/**
 * The sessions of a stateful reflector (RFC 8762, section 4.3): the least recent is forgotten first, so that forged
 * sources take no memory without bound.
 */
export class ReflectorSessions {
  readonly #maximum: number
  /** Least recent first. */
  readonly #sessions = new Map<string, SessionCounts>()

  constructor(maximum = 10_000) {
    this.#maximum = maximum
  }

  /** Counts one packet that came in, and its answer. @returns the counts with both */
  count(address: string, port: number, sessionId: number): SessionCounts {
    const key = `${address} ${port} ${sessionId}`
    const { received, sent } = this.#sessions.get(key) ?? { received: 0, sent: 0 }
    const counts = { received: (received + 1) >>> 0, sent: (sent + 1) >>> 0 }
    this.#sessions.delete(key)
    this.#sessions.set(key, counts)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > this.#maximum && oldest !== undefined) this.#sessions.delete(oldest)
    return counts
  }
}
