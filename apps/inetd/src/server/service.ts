import type { AccessList, LocalPeerCounter, SourceFilter } from '@sockyard/net/access'
import type { LimitedLog } from '@sockyard/net/log'
import type { Logger } from '@sockyard/service/log'
import type { Registry } from '@sockyard/service/metrics'

import type { ServeOptions } from '../config.ts'
import type { Definition } from '../configuration/definition.ts'
import type { InetdCounters } from './counters.ts'
import { addressShare, type ProgramLimits, ProgramLimiter } from './program-limiter.ts'
import type { Programs } from './programs.ts'
import type { Readiness } from './readiness.ts'

/** What all services have in common. */
export interface InetdContext {
  options: ServeOptions
  log: Logger
  limited: LimitedLog
  metrics: Registry
  counters: InetdCounters
  /** `--allow` and `--deny` */
  addresses: AccessList
  /** The connections of all services: `--max-connections` is in total. */
  peers: LocalPeerCounter
  programs: Programs
  readiness: Readiness
  /** Knows the UDP ports of the internal services. */
  filter: SourceFilter
  /** Nanoseconds since 1970. */
  now: () => bigint
}

/** Where a listener of a service is bound. */
export interface Place {
  /** Numeric; `::` is every address of the family. */
  address: string
  /** 0 is a free one. */
  port: number
  /** Undefined where one socket takes both, and for a service at one address. */
  family: 4 | 6 | undefined
}

/** Open sockets of a service. */
export interface Listener {
  /** Where it is bound. */
  readonly port: number
  /** Accepts no more; sessions go on until they end or `drained` is aborted. */
  stop(drained: AbortSignal, isEnd: boolean): Promise<void>
}

/** A service that is served: what it starts may change, its sockets and its clients stay. */
export class Service {
  readonly limiter: ProgramLimiter
  readonly listeners: Listener[] = []
  readonly #options: ServeOptions
  #definition: Definition

  constructor(definition: Definition, options: ServeOptions) {
    this.#definition = definition
    this.#options = options
    this.limiter = new ProgramLimiter(programLimits(definition, options))
  }

  get definition(): Definition {
    return this.#definition
  }

  get label(): string {
    return this.#definition.label
  }

  /** From now on clients get this. */
  redefine(definition: Definition): void {
    this.#definition = definition
    this.limiter.setLimits(programLimits(definition, this.#options))
  }
}

function programLimits({ entry: { limits } }: Definition, options: ServeOptions): ProgramLimits {
  const programs = limits.children ?? options.maxChildrenPerService
  return {
    programs,
    childrenPerAddress:
      limits.childrenPerAddress ?? Math.min(options.maxChildrenPerAddress, addressShare(programs)),
    perMinute: limits.perMinute ?? options.startsPerMinute,
  }
}
