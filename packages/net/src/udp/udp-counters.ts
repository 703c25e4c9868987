import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

const RECEIVED = 0
const RECEIVED_BYTES = 1
const SENT = 2
const SENT_BYTES = 3
/** From here on what was not sent, by the number of the errno or of a reason of our own. */
const UNSENT = 4
const REASONS = 256
const OWN_REASONS: Readonly<Record<string, number>> = { 'port-zero': 254, closed: 255 }
const numberOf: Readonly<Record<string, number>> = {
  ...constants.errno,
  ...OWN_REASONS,
  'queue-full': constants.errno.EAGAIN,
}

/** What a socket has received and sent, in memory that another thread can read. One thread counts. */
export class UdpCounters {
  /** To be given to the thread that counts, for its own `UdpCounters`. */
  readonly numbers: Float64Array<SharedArrayBuffer>
  readonly #readDrops: () => number | Promise<number>
  #pastDrops = 0
  #lastDrops = 0

  /** @param readDrops what the kernel has dropped of the sockets that are open now, for want of buffer */
  constructor(readDrops: () => number | Promise<number> = () => 0, numbers = emptyNumbers()) {
    this.#readDrops = readDrops
    this.numbers = numbers
  }

  /** Datagrams received. */
  get received(): number {
    return this.numbers[RECEIVED] ?? 0
  }

  /** Bytes of payload received. */
  get receivedBytes(): number {
    return this.numbers[RECEIVED_BYTES] ?? 0
  }

  /** Datagrams that the kernel took. */
  get sent(): number {
    return this.numbers[SENT] ?? 0
  }

  /** Bytes of payload that the kernel took. */
  get sentBytes(): number {
    return this.numbers[SENT_BYTES] ?? 0
  }

  /** How many were not sent, by reason: an errno's name, `queue-full`, `port-zero`, `closed` or `OTHER`. */
  get unsent(): Map<string, number> {
    const counts = [...this.numbers.subarray(UNSENT).entries()].filter(([, count]) => count > 0)
    return new Map(counts.map(([reason, count]) => [reasonOf(reason), count]))
  }

  /** Dropped by the kernel before they could be read. It forgets those of a closed socket; this does not. */
  async kernelDrops(): Promise<number> {
    const open = await this.#readDrops()
    if (open < this.#lastDrops) this.#pastDrops += this.#lastDrops - open
    this.#lastDrops = open
    return this.#pastDrops + open
  }

  /** @param bytes of payload, of all of them together */
  countReceived(datagrams: number, bytes: number): void {
    this.#add(RECEIVED, datagrams)
    this.#add(RECEIVED_BYTES, bytes)
  }

  /** @param bytes of payload, of all of them together */
  countSent(datagrams: number, bytes: number): void {
    this.#add(SENT, datagrams)
    this.#add(SENT_BYTES, bytes)
  }

  /** @param reason an errno's name, `queue-full`, `port-zero` or `closed` */
  countUnsent(reason: string, datagrams = 1): void {
    this.#add(UNSENT + (numberOf[reason] ?? 0), datagrams)
  }

  #add(index: number, count: number): void {
    this.numbers[index] = (this.numbers[index] ?? 0) + count
  }
}

/** How often each of some things happened, in memory that another thread can read. One thread counts. */
export class SharedCounters<Name extends string> {
  readonly names: readonly Name[]
  /** To be given to the thread that counts, for its own `SharedCounters`. */
  readonly numbers: Float64Array<SharedArrayBuffer>
  readonly #indexOf: Readonly<Record<string, number>>

  constructor(names: readonly Name[], numbers = zeros(names.length)) {
    this.names = names
    this.numbers = numbers
    this.#indexOf = Object.fromEntries(names.map((name, index) => [name, index]))
  }

  /** It happened once more. */
  count(name: Name): void {
    const index = this.#indexOf[name] ?? 0
    this.numbers[index] = (this.numbers[index] ?? 0) + 1
  }

  /** How often it has happened. */
  of(name: Name): number {
    return this.numbers[this.#indexOf[name] ?? 0] ?? 0
  }

  /** Every name with its count. */
  entries(): [Name, number][] {
    return this.names.map((name) => [name, this.of(name)])
  }
}

function zeros(length: number): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(8 * length))
}

function emptyNumbers(): Float64Array<SharedArrayBuffer> {
  return zeros(UNSENT + REASONS)
}

function reasonOf(number: number): string {
  if (number === 0) return 'OTHER'
  if (number === constants.errno.EAGAIN) return 'queue-full'
  const own = Object.entries(OWN_REASONS).find(([, reason]) => reason === number)
  return own?.[0] ?? getSystemErrorName(-number)
}
