import type { AddressInfo } from 'node:net'

import { AccessList } from '../access/access-list.ts'
import { warnOfFewDescriptors } from '../access/descriptor-budget.ts'
import type { TcpCounters } from '../tcp/tcp-counters.ts'
import { type WorkerServer, type WorkerServerOptions, workerSettings } from './parent.ts'
import { openSharedListeners, type SharedListeners } from './shared-listeners.ts'
import { WorkerPool } from './worker-pool.ts'
import { WorkerProcess } from './worker-process.ts'

const MODULE = new URL('native-worker.ts', import.meta.url)

/**
 * Processes that all accept: at one listening socket (`accept`), or each at its own with SO_REUSEPORT (`reuse-port`,
 * socket(7)). The parent keeps the sockets open, so that connections wait while a worker is replaced. No process
 * knows of the others' connections: each has its part of all that there may be, and counts those of an address for
 * itself.
 */
export class AcceptServer implements WorkerServer {
  readonly counters: readonly TcpCounters[]
  readonly #options: WorkerServerOptions
  readonly #isShared: boolean
  readonly #pool: WorkerPool
  #listeners: SharedListeners | undefined

  constructor(options: WorkerServerOptions, model: 'accept' | 'reuse-port') {
    // Throws what is wrong with the lists before anything is opened.
    void new AccessList(options)
    this.#options = options
    this.#isShared = model === 'accept'
    const { workers, maxConnections, maxConnectionsPerAddress: perAddress, allow, deny } = options
    const total = Math.max(1, Math.floor(maxConnections / workers))
    const limits = { total, perAddress, allow, deny }
    const settings = { ...workerSettings(options, workers), source: 'listener', limits } as const
    this.#pool = new WorkerPool({
      count: workers,
      log: options.log,
      launch: (index, onMessage) => {
        const sockets = this.#listeners?.sockets ?? []
        const socket = sockets[index % sockets.length]?.descriptor
        return new WorkerProcess({ module: MODULE, settings, socket, onMessage })
      },
    })
    this.counters = this.#pool.counters
  }

  get workerCounters(): readonly TcpCounters[] {
    return this.#pool.counters
  }

  get deaths(): number {
    return this.#pool.deaths
  }

  async start(): Promise<AddressInfo> {
    const { workers, maxConnections, log, listeningFields } = this.#options
    const listeners = await openSharedListeners(this.#options, this.#isShared ? 1 : workers)
    this.#listeners = listeners
    await this.#pool.start()
    const { address, port } = listeners.bound
    warnOfFewDescriptors(log, maxConnections / workers)
    log.info({ transport: 'tcp', address, port, ...listeningFields, engine: 'native' }, 'listening')
    return listeners.bound
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#listeners?.hide()
    for (const socket of this.#listeners?.sockets ?? []) socket.close()
    await this.#pool.stop(drained)
  }
}
