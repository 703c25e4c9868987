import type { AddressInfo } from 'node:net'

import type { Engine } from '../engine/choose-engine.ts'
import type { AcceptedConnection } from '../tcp/engine.ts'
import type { TcpCounters } from '../tcp/tcp-counters.ts'
import { type Handover, nativeHandover, nodeHandover } from './handover.ts'
import { Parent, type WorkerServer, type WorkerServerOptions, workerSettings } from './parent.ts'
import { WorkerPool } from './worker-pool.ts'

/** How the log calls it. */
const HANDOVERS = { native: 'SCM_RIGHTS', node: 'handle passing of Node' } as const

/** A pool of processes that were started before: the parent accepts, and passes each connection to one. */
export class PassServer implements WorkerServer {
  readonly counters: readonly TcpCounters[]
  readonly workerCounters: readonly TcpCounters[]
  readonly #parent: Parent
  readonly #handover: Handover
  readonly #pool: WorkerPool
  /** Of each worker, the client addresses of its connections, by what it calls them. */
  readonly #served: readonly Map<string, string[]>[]
  /** How many connections each has. */
  readonly #loads: number[]

  constructor(options: WorkerServerOptions, engine: Engine) {
    const { workers: count, log, listeningFields } = options
    const settings = workerSettings(options, count)
    const fields = { ...listeningFields, handover: HANDOVERS[engine] }
    this.#parent = new Parent({ ...options, listeningFields: fields }, engine)
    this.#handover = engine === 'native' ? nativeHandover(settings) : nodeHandover(settings)
    this.#served = Array.from({ length: count }, () => new Map<string, string[]>())
    this.#loads = this.#served.map(() => 0)
    this.#pool = new WorkerPool({
      count,
      log,
      launch: this.#handover.launch,
      onClosed: (index, name) => this.#closed(index, name),
      onEnded: (index) => this.#ended(index),
    })
    this.workerCounters = this.#pool.counters
    this.counters = [this.#parent.counters, ...this.#pool.counters]
  }

  get deaths(): number {
    return this.#pool.deaths
  }

  async start(): Promise<AddressInfo> {
    await this.#pool.start()
    return this.#parent.start((accepted) => this.#serve(accepted))
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#parent.stop()
    await this.#pool.stop(drained)
    this.#parent.close()
  }

  #serve(accepted: AcceptedConnection): void {
    for (const index of this.#byLoad()) {
      const name = this.#handover.pass(index, accepted)
      if (name === undefined) continue
      const same = this.#served[index]?.get(name) ?? []
      this.#served[index]?.set(name, [...same, accepted.address])
      this.#loads[index] = (this.#loads[index] ?? 0) + 1
      return
    }
    this.#parent.drop(accepted)
  }

  /** The one with the fewest connections comes first. */
  #byLoad(): number[] {
    const load = (index: number): number => this.#loads[index] ?? 0
    return [...this.#loads.keys()].toSorted((one, other) => load(one) - load(other))
  }

  #closed(index: number, name: string): void {
    const addresses = this.#served[index]?.get(name) ?? []
    const address = addresses.pop()
    if (address === undefined) return
    this.#parent.release(address)
    this.#loads[index] = (this.#loads[index] ?? 0) - 1
    if (addresses.length === 0) this.#served[index]?.delete(name)
  }

  #ended(index: number): void {
    this.#handover.ended(index)
    for (const address of [...(this.#served[index]?.values() ?? [])].flat())
      this.#parent.release(address)
    this.#served[index]?.clear()
    this.#loads[index] = 0
  }
}
