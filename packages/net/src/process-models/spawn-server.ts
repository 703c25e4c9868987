import type { AddressInfo } from 'node:net'

import type { Engine } from '../engine/choose-engine.ts'
import { type AcceptedConnection, closeAccepted } from '../tcp/engine.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import { wasReset } from '../tcp/was-reset.ts'
import { Parent, type WorkerServer, type WorkerServerOptions, workerSettings } from './parent.ts'
import type { WorkerMessage } from './worker-messages.ts'
import { stopProcesses } from './worker-pool.ts'
import { WorkerProcess } from './worker-process.ts'

const MODULE = new URL('node-worker.ts', import.meta.url)

/** The connection of a child. */
interface Served {
  id: number
  address: string
  /** What the child has counted, by its last report. */
  told: Float64Array
}

/** No address gets all processes: with as many idle connections it would shut out all others. */
function perAddress({ maxConnections, maxConnectionsPerAddress }: WorkerServerOptions): number {
  return Math.max(1, Math.min(maxConnectionsPerAddress, maxConnections - 1))
}

/** A process for each connection, which inherits its socket: the fork(2) server. */
export class SpawnServer implements WorkerServer {
  readonly counters: readonly TcpCounters[]
  readonly workerCounters: readonly TcpCounters[] = []
  deaths = 0
  readonly #parent: Parent
  readonly #options: WorkerServerOptions
  /** Of all children, one after the other or many at once. */
  readonly #sum = new TcpCounters()
  readonly #children = new Set<WorkerProcess>()
  #accepted = 0
  #isStopping = false

  constructor(options: WorkerServerOptions, engine: Engine) {
    this.#options = options
    this.#parent = new Parent({ ...options, maxConnectionsPerAddress: perAddress(options) }, engine)
    this.counters = [this.#parent.counters, this.#sum]
  }

  start(): Promise<AddressInfo> {
    return this.#parent.start((accepted) => this.#serve(accepted))
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#isStopping = true
    this.#parent.stop()
    await stopProcesses([...this.#children], drained)
    this.#parent.close()
  }

  #serve(accepted: AcceptedConnection): void {
    const { address, port, socket } = accepted
    if (wasReset(socket)) return this.#parent.closeReset(accepted)
    const id = (this.#accepted += 1)
    const told = new Float64Array(this.#sum.memory.byteLength / 8)
    const onMessage = (message: WorkerMessage): void => {
      if (message.kind === 'counts') this.#sum.merge(told, message.values)
      // It was said here already that it is connected.
      if (message.kind === 'line' && message.message !== 'connected')
        this.#parent.log[message.level]({ ...message.fields, id }, message.message)
    }
    const child = new WorkerProcess({
      module: MODULE,
      settings: { ...workerSettings(this.#options, 1), isSingle: true },
      socket: 'descriptor' in socket ? socket.descriptor : socket,
      onMessage,
    })
    this.#children.add(child)
    if (this.#options.logConnections)
      this.#parent.log.info({ id, address, port, child: child.pid }, 'connected')
    closeAccepted(accepted)
    void this.#ended(child, { id, address, told })
  }

  async #ended(child: WorkerProcess, { id, address, told }: Served): Promise<void> {
    const reason = await child.exited
    this.#children.delete(child)
    this.#sum.release(told)
    this.#parent.release(address)
    if (reason === 'exit code 0' || this.#isStopping) return
    this.deaths += 1
    this.#parent.log.warn({ id, child: child.pid, reason }, 'worker died')
  }
}
