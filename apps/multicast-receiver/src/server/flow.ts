import {
  type Arrival,
  line,
  OneWayDelay,
  SequenceTracker,
  U64Positions,
} from '@sockyard/probe/statistics'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'

import type { Datagram, Source } from './datagram.ts'

/** Whose datagrams to which group. */
export interface FlowId {
  readonly group: string
  readonly source: Source
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
/** A sender that misses so many of its own gaps is silent. */
const GAPS = 4
/** A gap that was once long counts for less with each datagram since. */
const GAP_DECAY = 0.9

/** What one sender's datagrams to one group became. */
export class Flow {
  #id: FlowId
  readonly #delay = new OneWayDelay(FIGURES)
  readonly #tracker = new SequenceTracker(line)
  readonly #positions = new U64Positions()
  #plain = 0
  #malformed = 0
  #reported = { plain: 0, malformed: 0 }
  #active = false
  /** Its place in the order of all datagrams. */
  order = 0
  /** When it was last heard, in milliseconds of a clock that never goes back. */
  #lastMillis: number
  /** The longest gap between two of its datagrams, of late. */
  #gapMillis = 0
  isSilent = false

  constructor(id: FlowId, nowMillis: number) {
    this.#id = id
    this.#lastMillis = nowMillis
  }

  /** For how long it has not been heard. */
  unheardMillis(nowMillis: number): number {
    return nowMillis - this.#lastMillis
  }

  /** A datagram of it came. */
  hear(nowMillis: number): void {
    const gap = nowMillis - this.#lastMillis
    this.#gapMillis = Math.max(gap, this.#gapMillis * GAP_DECAY)
    this.#lastMillis = nowMillis
    this.isSilent = false
  }

  /** Whether it has not been heard for so long, and for longer than several of its own gaps. */
  isOverdue(nowMillis: number, silentAfterMillis: number): boolean {
    return this.unheardMillis(nowMillis) > Math.max(silentAfterMillis, this.#gapMillis * GAPS)
  }

  get id(): FlowId {
    return this.#id
  }

  /** Whether this datagram, with that sender in its header, is one of this flow. */
  holds(datagram: Datagram, sender: number | null): boolean {
    const { group, source, sender: own } = this.#id
    return sender === own && datagram.isFrom(source) && datagram.group === group
  }

  /**
   * Measures another flow from now on, in the memory of this one: what a flood of forged senders made anew would
   * pile up faster than it is collected.
   */
  reuse(id: FlowId, nowMillis: number): void {
    this.#id = id
    this.#lastMillis = nowMillis
    this.#gapMillis = 0
    this.isSilent = false
    this.#delay.reset()
    this.#tracker.reset()
    this.#positions.reset()
    this.#plain = 0
    this.#malformed = 0
    this.#reported = { plain: 0, malformed: 0 }
    this.#active = false
  }

  /** One of ours arrived: the two words of its sequence number, and how long it was under way. */
  observe(sequenceHigh: number, sequenceLow: number, delayMicros: number): Arrival {
    this.#active = true
    const arrival = this.#tracker.observe(this.#positions.of(sequenceHigh, sequenceLow))
    if (arrival === 'restart') this.#delay.restart()
    if (arrival !== 'duplicate' && arrival !== 'stray') this.#delay.record(delayMicros)
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
    return this.#report(this.counts(), this.#delay.total())
  }

  /** What came since the last call; undefined when nothing did. */
  takeInterval(): FlowReport | undefined {
    if (!this.#active) return undefined
    return this.#report(this.takeCounts(), this.#delay.takeInterval())
  }

  /** The same without the delays, of which a summary takes long. */
  takeCounts(): FlowCounts {
    this.#active = false
    const { received, lost, duplicated, reordered } = this.#tracker.takeInterval()
    const plain = this.#plain - this.#reported.plain
    const malformed = this.#malformed - this.#reported.malformed
    this.#reported = { plain: this.#plain, malformed: this.#malformed }
    return { received: received + plain, lost, duplicated, reordered, malformed }
  }

  #report(counts: FlowCounts, delayMicros: FlowReport['delayMicros']): FlowReport {
    const jitterMicros = this.#id.sender === null ? null : this.#delay.jitterMicros
    const { group, source, sender } = this.#id
    return { group, source: source.text, sender, ...counts, delayMicros, jitterMicros }
  }
}
