/** So many replies in a row, and so long, are missed before the membership is taken for forgotten. */
const SILENT_REPLIES = 10
const SILENT_MILLIS = 2_000

/** What became of a membership during a run. */
export interface SilenceFacts {
  /** From joining to the last multicast reply before the silence. */
  afterMillis: number
  /** Whether multicast replies came again once the group was joined anew. */
  recovered: boolean
}

/**
 * Watches whether multicast replies stop while unicast replies go on. Joining anew sends a new report: when replies come
 * again then, a switch on the way had forgotten the membership, and no querier had asked to renew it (RFC 4541).
 */
export class MembershipWatch {
  readonly #now: () => number
  #joinedAt: number
  #last = { unicast: 0, multicast: 0 }
  #lastMulticastAt: number | undefined
  #silence: SilenceFacts | null = null
  /** Replies to later requests are due to the new report. */
  #rejoinedAt: number | undefined

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#joinedAt = now()
  }

  /** The membership begins now. */
  joined(): void {
    this.#joinedAt = this.#now()
  }

  /** The first silence; null as long as there was none. */
  get silence(): SilenceFacts | null {
    return this.#silence
  }

  /** @param sequence of the request that was answered, from 1 */
  replied(way: 'unicast' | 'multicast', sequence: number): void {
    this.#last[way] = Math.max(this.#last[way], sequence)
    if (way === 'unicast') return
    this.#lastMulticastAt = this.#now()
    if (this.#silence !== null && this.#rejoinedAt !== undefined && sequence > this.#rejoinedAt)
      this.#silence.recovered = true
  }

  /** Whether the group shall be joined anew, once in a run. */
  isSilent(): boolean {
    const { unicast, multicast } = this.#last
    if (this.#silence !== null || this.#lastMulticastAt === undefined) return false
    const isQuiet = this.#now() - this.#lastMulticastAt >= SILENT_MILLIS
    return isQuiet && unicast - multicast >= SILENT_REPLIES
  }

  rejoined(): void {
    const lastAt = this.#lastMulticastAt ?? this.#joinedAt
    this.#silence = { afterMillis: Math.round(lastAt - this.#joinedAt), recovered: false }
    this.#rejoinedAt = this.#last.unicast
  }
}
