import type { ServeOptions } from './config.ts'
import type { Definition } from './definition.ts'
import { type VisitLimits, Visits } from './visits.ts'

/** Open sockets of a service. */
export interface Listener {
  /** Accepts no more; sessions go on until they end or `drained` is aborted. */
  stop(drained: AbortSignal, isEnd: boolean): Promise<void>
}

/** A service that is served: what it starts may change, its sockets and its visitors stay. */
export class Service {
  readonly visits: Visits
  readonly listeners: Listener[] = []
  readonly #options: ServeOptions
  #definition: Definition

  constructor(definition: Definition, options: ServeOptions) {
    this.#definition = definition
    this.#options = options
    this.visits = new Visits(visitLimits(definition, options))
  }

  get definition(): Definition {
    return this.#definition
  }

  get label(): string {
    return this.#definition.label
  }

  /** From now on visitors get this. */
  redefine(definition: Definition): void {
    this.#definition = definition
    this.visits.setLimits(visitLimits(definition, this.#options))
  }
}

function visitLimits({ entry: { limits } }: Definition, options: ServeOptions): VisitLimits {
  return {
    children: limits.children ?? options.maxChildrenPerService,
    childrenPerAddress: limits.childrenPerAddress ?? options.maxChildrenPerAddress,
    perMinute: limits.perMinute ?? options.startsPerMinute,
  }
}
