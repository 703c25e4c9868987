import { messages } from '../messages.ts'

/** Joins and leaves announced singly in a second; further ones are summarized. */
const ANNOUNCED_SINGLY = 5
/** A client that chooses its name at once, as `join --nick` does, is announced with that name only. */
export const NAMING_MILLIS = 200

/** A line for all members. */
export interface Announcement {
  line: string
  /** The names of members that do not need it: the one that joined, and those that found it there. */
  except?: readonly string[]
}

/**
 * Announces joins and leaves, limited so that a storm of connections does not flood the chat: what is beyond
 * five a second follows as one line, without clients that joined and left in the meantime. Whatever is said of a name
 * comes after what is still to be announced of it. Times are those of a monotonic clock, milliseconds.
 */
export class JoinAnnouncer {
  #announcedSingly = 0
  /** Those whose joining is not announced yet, in order, and when they joined. */
  readonly #joined = new Map<string, number>()
  #lastJoinAt = Number.NEGATIVE_INFINITY
  /** Those whose leaving waits for the summary. */
  readonly #left = new Set<string>()

  /** The client is announced when it has had time to choose its name; see `due`. */
  joined(name: string, now: number): void {
    this.#joined.set(name, now)
    this.#lastJoinAt = now
  }

  /** @returns what to send now: nothing, when that is left to the summary */
  left(name: string): Announcement[] {
    if (this.#maySpeak()) return [...this.before(name), { line: messages.left(new Set([name])) }]
    if (!this.#joined.delete(name)) this.#left.add(name)
    return []
  }

  /** A client has changed its name. @returns what to send now: nothing, when it was not announced yet */
  renamed(from: string, to: string): Announcement[] {
    const joinedAt = this.#joined.get(from)
    if (joinedAt === undefined) return [...this.before(to), { line: messages.renamed(from, to) }]
    this.#joined.delete(from)
    this.#joined.set(to, joinedAt)
    return []
  }

  /** @returns what to send before others read of `name`: another client of that name may have left before */
  before(name: string): Announcement[] {
    const names = new Set([name])
    const left = this.#left.delete(name) ? [{ line: messages.left(names) }] : []
    const joinedAt = this.#joined.get(name)
    if (joinedAt === undefined) return left
    const except = [...this.#joined].flatMap(([other, at]) => (at >= joinedAt ? [other] : []))
    this.#joined.delete(name)
    return [...left, { line: messages.joined(names), except }]
  }

  /** Whether a client still has time to choose its name. */
  isNaming(now: number): boolean {
    return this.#joined.size > 0 && now - this.#lastJoinAt < NAMING_MILLIS
  }

  /** To be called while a client `isNaming`, and after. @returns the joins that are announced singly */
  due(now: number): Announcement[] {
    const announcements: Announcement[] = []
    for (const [name, joinedAt] of this.#joined) {
      if (now - joinedAt < NAMING_MILLIS || !this.#maySpeak()) break
      announcements.push(...this.before(name))
    }
    return announcements
  }

  /** To be called each second. @returns the joins and leaves not yet announced, at most two lines */
  endSecond(now: number): Announcement[] {
    const named = [...this.#joined].filter(([, joinedAt]) => now - joinedAt >= NAMING_MILLIS)
    const joined = new Set(named.map(([name]) => name))
    const summary = [
      ...(this.#left.size > 0 ? [{ line: messages.left(this.#left) }] : []),
      ...(joined.size > 0 ? [{ line: messages.joined(joined) }] : []),
    ]
    this.#announcedSingly = 0
    for (const name of joined) this.#joined.delete(name)
    this.#left.clear()
    return summary
  }

  #maySpeak(): boolean {
    if (this.#announcedSingly >= ANNOUNCED_SINGLY) return false
    this.#announcedSingly += 1
    return true
  }
}
