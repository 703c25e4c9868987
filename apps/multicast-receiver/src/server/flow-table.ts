import type { Datagram } from './datagram.ts'
import { Flow, type FlowCounts, type FlowId, type FlowReport } from './flow.ts'

/** Sums over all flows, and the busiest of them. */
export interface FlowSums {
  counts: FlowCounts
  /** By group, for the metrics. */
  byGroup: ReadonlyMap<string, FlowCounts>
  /** The busiest first. */
  flows: readonly FlowReport[]
}

/**
 * The flows that are measured: at most `maximum`, the least recently heard first out. What those that are out had
 * counted stays in the sums.
 */
export class FlowTable {
  readonly #maximum: number
  readonly #onHeardAgain: (flow: FlowId, silentMillis: number) => void
  /** When the datagrams that are counted now came, in milliseconds of a clock that never goes back. */
  nowMillis = 0
  /** No Map: one whose keys come and go as fast as a flood leaves its old tables to the next full collection. */
  readonly #flows: Flow[] = []
  readonly #gone = new Sums()
  #goneInInterval = new Sums()
  #heard = 0
  /** It most often is the next one too. */
  #last: Flow | undefined

  /** @param onHeardAgain called for each flow that had become silent */
  constructor(
    maximum: number,
    onHeardAgain: (flow: FlowId, silentMillis: number) => void = () => undefined,
  ) {
    this.#maximum = maximum
    this.#onHeardAgain = onHeardAgain
  }

  /** How many flows are measured now. */
  get size(): number {
    return this.#flows.length
  }

  /** The flow that this datagram is of, from now on the most recently heard. */
  heard(datagram: Datagram, sender: number | null): Flow {
    const flow = this.#find(datagram, sender) ?? this.#add(idOf(datagram, sender))
    flow.order = this.#heard += 1
    if (flow.isSilent) this.#onHeardAgain(flow.id, flow.unheardMillis(this.nowMillis))
    flow.hear(this.nowMillis)
    this.#last = flow
    return flow
  }

  /** The flows that are measured now. */
  get flows(): readonly Flow[] {
    return this.#flows
  }

  /** Finds the flows that have become silent. */
  newlySilent(nowMillis: number, silentAfterMillis: number): Flow[] {
    const silent = this.#flows.filter(
      (flow) => !flow.isSilent && flow.isOverdue(nowMillis, silentAfterMillis),
    )
    for (const flow of silent) flow.isSilent = true
    return silent
  }

  /** All since the beginning. */
  total(): FlowSums {
    const reports = this.#flows.map((flow) => flow.total())
    return this.#gone.with(reports)
  }

  /** What came since the last call. */
  takeInterval(): FlowSums {
    const gone = this.#goneInInterval
    this.#goneInInterval = new Sums()
    return gone.with(this.#flows.flatMap((flow) => flow.takeInterval() ?? []))
  }

  #find(datagram: Datagram, sender: number | null): Flow | undefined {
    if (this.#last?.holds(datagram, sender) === true) return this.#last
    for (const flow of this.#flows) if (flow.holds(datagram, sender)) return flow
    return undefined
  }

  #add(id: FlowId): Flow {
    if (this.#flows.length < this.#maximum) {
      const flow = new Flow(id, this.nowMillis)
      this.#flows.push(flow)
      return flow
    }
    const flow = this.#flows.reduce((one, other) => (one.order <= other.order ? one : other))
    this.#gone.add(flow.id.group, flow.counts())
    this.#goneInInterval.add(flow.id.group, flow.takeCounts())
    flow.reuse(id, this.nowMillis)
    return flow
  }
}

function idOf(datagram: Datagram, sender: number | null): FlowId {
  return { group: datagram.group, source: datagram.source(), sender }
}

const NOTHING: FlowCounts = { received: 0, lost: 0, duplicated: 0, reordered: 0, malformed: 0 }

class Sums {
  readonly #byGroup = new Map<string, FlowCounts>()

  add(group: string, counts: FlowCounts): void {
    this.#byGroup.set(group, sum(this.#byGroup.get(group) ?? NOTHING, counts))
  }

  with(flows: readonly FlowReport[]): FlowSums {
    const all = new Sums()
    for (const [group, counts] of this.#byGroup) all.add(group, counts)
    for (const flow of flows) all.add(flow.group, flow)
    return {
      counts: [...all.#byGroup.values()].reduce(sum, NOTHING),
      byGroup: all.#byGroup,
      flows: flows.toSorted((one, other) => other.received - one.received),
    }
  }
}

function sum(one: FlowCounts, other: FlowCounts): FlowCounts {
  return {
    received: one.received + other.received,
    lost: one.lost + other.lost,
    duplicated: one.duplicated + other.duplicated,
    reordered: one.reordered + other.reordered,
    malformed: one.malformed + other.malformed,
  }
}
