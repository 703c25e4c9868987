import { tsnBefore } from '../wire/serial-number.ts'

/** How much may be in flight on a path (RFC 9260 section 7.2); sizes in bytes of user data. */
export class CongestionWindow {
  size: number
  #slowStartThreshold = Number.MAX_SAFE_INTEGER
  #partialBytesAcknowledged = 0
  /** In Fast Recovery until this TSN is acknowledged (7.2.4). */
  #recoveryExit: number | undefined
  readonly #path: { readonly chunkBytes: number }

  /**
   * @param path whose `chunkBytes`, the user data that fit in one DATA chunk on it (PMDCS), may change
   * @param threePacketsBytes 4,404, or 4,344 for IPv6
   */
  constructor(path: { readonly chunkBytes: number }, threePacketsBytes = 4404) {
    this.#path = path
    // RFC 9260 section 7.2.1.
    this.size = Math.min(4 * path.chunkBytes, Math.max(2 * path.chunkBytes, threePacketsBytes))
  }

  get recovering(): boolean {
    return this.#recoveryExit !== undefined
  }

  /**
   * The cumulative TSN advanced to `cumulativeTsn`, and `bytes` were newly acknowledged on this path
   * while `flightBefore` bytes were in flight: slow start (7.2.1) or congestion avoidance (7.2.2).
   */
  acknowledged(bytes: number, flightBefore: number, cumulativeTsn: number): void {
    if (this.#recoveryExit !== undefined) {
      if (tsnBefore(cumulativeTsn, this.#recoveryExit)) return
      this.#recoveryExit = undefined
      return
    }
    if (this.size <= this.#slowStartThreshold) this.#slowStart(bytes, flightBefore)
    else this.#avoidCongestion(bytes, flightBefore)
  }

  #slowStart(bytes: number, flightBefore: number): void {
    if (flightBefore >= this.size) this.size += Math.min(bytes, this.#path.chunkBytes)
  }

  #avoidCongestion(bytes: number, flightBefore: number): void {
    this.#partialBytesAcknowledged += bytes
    if (this.#partialBytesAcknowledged < this.size) return
    if (flightBefore < this.size) {
      this.#partialBytesAcknowledged = this.size
      return
    }
    this.#partialBytesAcknowledged -= this.size
    this.size += this.#path.chunkBytes
  }

  /** All data sent on this path is acknowledged (7.2.2). */
  emptied(): void {
    this.#partialBytesAcknowledged = 0
  }

  /** Three reports of a lost chunk: halve once, until `highestSent` is acknowledged (7.2.4). */
  fastRetransmit(highestSent: number): void {
    if (this.#recoveryExit !== undefined) return
    this.#slowStartThreshold = this.#half()
    this.size = this.#slowStartThreshold
    this.#partialBytesAcknowledged = 0
    this.#recoveryExit = highestSent
  }

  /** T3-rtx ran out: begin again with one packet (7.2.3). */
  timedOut(): void {
    this.#slowStartThreshold = this.#half()
    this.size = this.#path.chunkBytes
    this.#partialBytesAcknowledged = 0
    this.#recoveryExit = undefined
  }

  /** Nothing was sent for one RTO (7.2.1). */
  idled(): void {
    this.size = Math.min(this.size, this.#half())
  }

  /** Sending at most `burst` packets more than `flight` keeps bursts short (6.1 D). */
  limitBurst(flight: number, burst: number): number {
    return Math.min(this.size, flight + burst * this.#path.chunkBytes)
  }

  #half(): number {
    return Math.max(Math.floor(this.size / 2), 4 * this.#path.chunkBytes)
  }
}
