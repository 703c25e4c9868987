import { OneWayDelay } from '@sockyard/probe/one-way-delay'
import { u64 } from '@sockyard/probe/sequence-space'
import { SequenceTracker, type Arrival } from '@sockyard/probe/sequence-tracker'
import type { MulticastDatagram } from '@sockyard/protocol/multicast'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'

/** Whose datagrams to which group. */
export interface FlowId {
  readonly group: string
  readonly source: string
  /** The number in the header; null: plain datagrams. */
  readonly sender: number | null
}

export interface FlowCounts {
  received: number
  lost: number
  duplicated: number
  reordered: number
  malformed: number
}

type MeasuredFlow = Extract<MulticastReceiveEvent, { event: 'end' }>['data']['flows'][number]

/** One flow as a report holds it. */
export type FlowReport = Omit<MeasuredFlow, 'port'>

/** Percentiles to 1 %: there may be many flows. */
const FIGURES = 2

export function newDelay(): OneWayDelay {
  return new OneWayDelay(FIGURES)
}

/** What one sender's datagrams to one group became. */
export class Flow {
  readonly id: FlowId
  readonly delay: OneWayDelay
  readonly #tracker = new SequenceTracker(u64)
  #plain = 0
  #malformed = 0
  #reported = { plain: 0, malformed: 0 }
  #active = false

  /** @param delay without values; the flow's as long as it is measured */
  constructor(id: FlowId, delay: OneWayDelay) {
    this.id = id
    this.delay = delay
  }

  /** One of ours arrived. */
  observe(datagram: MulticastDatagram, receivedAt: bigint): Arrival {
    this.#active = true
    const arrival = this.#tracker.observe(datagram.sequence)
    if (arrival === 'restart') this.delay.restart()
    if (arrival !== 'duplicate' && arrival !== 'stray')
      this.delay.record(datagram.sentAt, receivedAt)
    return arrival
  }

  /** One without our header arrived, or (malformed) one with a header that we cannot read. */
  observePlain(isMalformed: boolean): void {
    this.#active = true
    if (isMalformed) this.#malformed += 1
    else this.#plain += 1
  }

  /** All since the beginning. */
  counts(): FlowCounts {
    const { received, lost, duplicated, reordered } = this.#tracker.counts()
    const malformed = this.#malformed
    return { received: received + this.#plain, lost, duplicated, reordered, malformed }
  }

  total(): FlowReport {
    return this.#report(this.counts(), this.delay.total())
  }

  /** What came since the last call; undefined when nothing did. */
  takeInterval(): FlowReport | undefined {
    if (!this.#active) return undefined
    this.#active = false
    const { received, lost, duplicated, reordered } = this.#tracker.takeInterval()
    const plain = this.#plain - this.#reported.plain
    const malformed = this.#malformed - this.#reported.malformed
    this.#reported = { plain: this.#plain, malformed: this.#malformed }
    const counts = { received: received + plain, lost, duplicated, reordered, malformed }
    return this.#report(counts, this.delay.takeInterval())
  }

  #report(counts: FlowCounts, delayMicros: FlowReport['delayMicros']): FlowReport {
    const jitterMicros = this.id.sender === null ? null : this.delay.jitterMicros
    return { ...this.id, ...counts, delayMicros, jitterMicros }
  }
}
