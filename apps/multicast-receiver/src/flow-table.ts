import { Flow, type FlowCounts, type FlowId, type FlowReport, newDelay } from './flow.ts'

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
  readonly #flows = new Map<string, Flow>()
  readonly #gone = new Sums()
  #goneInInterval = new Sums()

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /** How many flows are measured now. */
  get size(): number {
    return this.#flows.size
  }

  /** The flow with this identity, from now on the most recently heard. */
  heard(id: FlowId): Flow {
    const key = `${id.group} ${id.source} ${id.sender}`
    const flow = this.#flows.get(key) ?? this.#add(id)
    this.#flows.delete(key)
    this.#flows.set(key, flow)
    return flow
  }

  /** All since the beginning. */
  total(): FlowSums {
    const reports = [...this.#flows.values()].map((flow) => flow.total())
    return this.#gone.with(reports)
  }

  /** What came since the last call. */
  takeInterval(): FlowSums {
    const gone = this.#goneInInterval
    this.#goneInInterval = new Sums()
    return gone.with([...this.#flows.values()].flatMap((flow) => flow.takeInterval() ?? []))
  }

  #add(id: FlowId): Flow {
    if (this.#flows.size < this.#maximum) return new Flow(id, newDelay())
    const [oldest] = this.#flows
    if (oldest === undefined) return new Flow(id, newDelay())
    const [key, out] = oldest
    this.#flows.delete(key)
    this.#gone.add(out.id.group, out.counts())
    this.#goneInInterval.add(out.id.group, out.takeInterval() ?? NOTHING)
    // Its memory is native: the garbage collector would let too much of it pile up.
    out.delay.reset()
    return new Flow(id, out.delay)
  }
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
