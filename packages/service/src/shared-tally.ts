import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

import type { UdpTally } from './udp-metrics.ts'

const RECEIVED = 0
const RECEIVED_BYTES = 1
const SENT = 2
const SENT_BYTES = 3
/** From here on what was not sent, by the number of the errno. */
const UNSENT = 4
const ERRNOS = 256
const numberOf: Readonly<Record<string, number>> = constants.errno

/** What a thread counts and another one exports: numbers in memory that both see. One thread writes. */
export class SharedTally implements UdpTally {
  /** To be given to the other thread, whose tally is `new SharedTally(drops, numbers)`. */
  readonly numbers: Float64Array<SharedArrayBuffer>
  readonly #drops: () => number

  /** @param drops how many datagrams the kernel has dropped; needed where it is exported only */
  constructor(drops: () => number = () => 0, numbers = emptyNumbers()) {
    this.#drops = drops
    this.numbers = numbers
  }

  get received(): number {
    return this.numbers[RECEIVED] ?? 0
  }

  get receivedBytes(): number {
    return this.numbers[RECEIVED_BYTES] ?? 0
  }

  get sent(): number {
    return this.numbers[SENT] ?? 0
  }

  get sentBytes(): number {
    return this.numbers[SENT_BYTES] ?? 0
  }

  get unsent(): Map<string, number> {
    const counts = [...this.numbers.subarray(UNSENT).entries()].filter(([, count]) => count > 0)
    return new Map(counts.map(([errno, count]) => [reasonOf(errno), count]))
  }

  async kernelDrops(): Promise<number> {
    return this.#drops()
  }

  countReceived(datagrams: number, bytes: number): void {
    this.#add(RECEIVED, datagrams)
    this.#add(RECEIVED_BYTES, bytes)
  }

  countSent(datagrams: number, bytes: number): void {
    this.#add(SENT, datagrams)
    this.#add(SENT_BYTES, bytes)
  }

  /** @param code the errno's name */
  countUnsent(code: string, datagrams: number): void {
    this.#add(UNSENT + (numberOf[code] ?? 0), datagrams)
  }

  #add(index: number, count: number): void {
    this.numbers[index] = (this.numbers[index] ?? 0) + count
  }
}

function emptyNumbers(): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(8 * (UNSENT + ERRNOS)))
}

function reasonOf(errno: number): string {
  if (errno === 0) return 'OTHER'
  return errno === constants.errno.EAGAIN ? 'queue-full' : getSystemErrorName(-errno)
}
