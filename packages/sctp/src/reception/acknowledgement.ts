import type { Path } from '../paths/path.ts'

const PACKETS_A_SACK = 2
const NEVER = Number.POSITIVE_INFINITY

/** When to acknowledge: every second packet, or after 200 ms, or at once (RFC 9260 section 6.2). */
export class Acknowledgement {
  /** When the delayed acknowledgement runs out. */
  dueAt = NEVER
  /** A SACK must go out with the next flush. */
  urgent = false
  /** Where the last data came from: SACKs go there (6.4). */
  path: Path | undefined
  #packets = 0
  readonly #delayMillis: number

  constructor(delayMillis: number) {
    this.#delayMillis = delayMillis
  }

  /** Something has not been acknowledged yet: a SACK may ride on the next data. */
  get pending(): boolean {
    return this.urgent || this.#packets > 0
  }

  /** A packet with DATA came from `path`. */
  packetArrived(path: Path, urgent: boolean, now: number): void {
    this.path = path
    this.#packets += 1
    if (urgent || this.#packets >= PACKETS_A_SACK) this.urgent = true
    else if (this.dueAt === NEVER) this.dueAt = now + this.#delayMillis
  }

  /** A SACK went out. */
  sent(): void {
    this.#packets = 0
    this.urgent = false
    this.dueAt = NEVER
  }
}
