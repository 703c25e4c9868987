import type { ConnectionLimiter } from '../access/connection-limiter.ts'
import type { DescriptorBudget } from '../access/descriptor-budget.ts'
import { limitLog, type LimitedLog } from '../log/limited-log.ts'
import { ConnectionRegistry } from '../tcp/connection-registry.ts'
import type { EngineConnection, TcpEngine } from '../tcp/engine.ts'
import type { TcpCounters } from '../tcp/tcp-counters.ts'
import {
  loadProtocol,
  parentLog,
  type WorkerCommand,
  type WorkerMessage,
  type WorkerSettings,
} from './worker-messages.ts'

/** What a worker makes its `ConnectionRegistry` of. */
export interface WorkerParts {
  engine: TcpEngine
  limiter: ConnectionLimiter
  /** None where the parent has admitted the connections. */
  budget: (() => DescriptorBudget) | undefined
  counters: TcpCounters
  nextId: () => number
  post: (message: WorkerMessage) => void
  onClosed?: (connection: EngineConnection) => void
}

/** The connections of a worker process or thread. */
export class WorkerRegistry {
  readonly log: LimitedLog
  readonly registry: ConnectionRegistry
  /** Fulfilled when it was stopped and no connection is left. */
  readonly ended: Promise<void>
  readonly #engine: TcpEngine

  private constructor(registry: ConnectionRegistry, engine: TcpEngine, log: LimitedLog) {
    this.registry = registry
    this.log = log
    this.#engine = engine
    this.ended = registry.empty.then(() => engine.close())
  }

  static async create(settings: WorkerSettings, parts: WorkerParts): Promise<WorkerRegistry> {
    const { isInfoLogged, linesPerSecond, idleMillis, drainIdleMillis, deadPeerMillis } = settings
    const log = limitLog(parentLog(isInfoLogged, parts.post), linesPerSecond)
    const registry = new ConnectionRegistry({
      ...parts,
      protocol: await loadProtocol(settings.protocol),
      timeouts: {
        idleMillis,
        drainIdleMillis,
        deadPeerMillis,
        firstDataMillis: 0,
        isSettled: () => true,
      },
      log,
      logConnections: settings.logConnections,
    })
    return new WorkerRegistry(registry, parts.engine, log)
  }

  run(command: WorkerCommand): void {
    this.#engine.closeListeners()
    this.registry.stop()
    if (command === 'end') this.registry.destroyAll()
  }
}
