import type { AddressInfo } from 'node:net'

import { SystemCallError } from '@sockyard/posix/ffi'

import type { Engine } from '../engine/choose-engine.ts'
import type { AcceptedConnection } from '../tcp/engine.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import { wasReset } from '../tcp/was-reset.ts'
import { type Handover, nativeHandover, nodeHandover } from './handover.ts'
import { Parent, type WorkerServer, type WorkerServerOptions, workerSettings } from './parent.ts'
import type { WorkerMessage } from './worker-messages.ts'
import { stopProcesses } from './worker-pool.ts'
import type { WorkerProcess } from './worker-process.ts'

/** So many processes wait for the next connections: a client waits for no start of Node. */
const SPARE = 2
/** Beyond those a process ends when it had no connection for so long. */
const IDLE_MILLIS = 10_000

/** A process that has one connection, or none. */
interface Child {
  number: number
  process: WorkerProcess
  /** What it has counted, by its last report. */
  reported: Float64Array
  /** Of its connection, or else the last one. */
  id: number
  /** Of its client; undefined while it has none. */
  address: string | undefined
  retirement: NodeJS.Timeout | undefined
}

/** No address gets all processes: with as many idle connections it would shut out all others. */
function perAddress({ maxConnections, maxConnectionsPerAddress }: WorkerServerOptions): number {
  return Math.max(1, Math.min(maxConnectionsPerAddress, maxConnections - 1))
}

/**
 * A process for each connection, started before it comes: that of one that has closed serves the next. A connection for
 * which there is none waits until one is ready, started for it or done with another.
 */
export class SpawnServer implements WorkerServer {
  readonly counters: readonly TcpCounters[]
  readonly workerCounters: readonly TcpCounters[] = []
  deaths = 0
  readonly #parent: Parent
  readonly #handover: Handover
  readonly #options: WorkerServerOptions
  /** Of all children, one after the other or many at once. */
  readonly #sum = new TcpCounters()
  readonly #children = new Set<Child>()
  /** Those that are not ready yet. */
  readonly #starting = new Set<Child>()
  /** Those that are ready and have no connection; the last one that served comes last. */
  readonly #idle: Child[] = []
  readonly #waiting: AcceptedConnection[] = []
  #started = 0
  #accepted = 0
  #isStopping = false

  constructor(options: WorkerServerOptions, engine: Engine) {
    const settings = workerSettings(options, 1)
    this.#options = options
    this.#parent = new Parent({ ...options, maxConnectionsPerAddress: perAddress(options) }, engine)
    this.#handover = engine === 'native' ? nativeHandover(settings) : nodeHandover(settings)
    this.counters = [this.#parent.counters, this.#sum]
  }

  async start(): Promise<AddressInfo> {
    const bound = await this.#parent.start((accepted) => this.#serve(accepted))
    this.#startMissing()
    return bound
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#isStopping = true
    this.#parent.stop()
    for (const { retirement } of this.#children) clearTimeout(retirement)
    // These take it before they carry out the command.
    for (const child of this.#starting) this.#serveNext(child)
    this.#starting.clear()
    for (const accepted of this.#waiting.splice(0)) this.#parent.drop(accepted)
    const processes = [...this.#children].map((child) => child.process)
    await stopProcesses(processes, drained)
    this.#parent.close()
  }

  #serve(accepted: AcceptedConnection): void {
    if (wasReset(accepted.socket)) return this.#parent.closeReset(accepted)
    this.#waiting.push(accepted)
    this.#serveWaiting()
  }

  #serveWaiting(): void {
    while (this.#waiting.length > 0) {
      const child = this.#idle.pop()
      if (child === undefined) break
      this.#serveNext(child)
    }
    this.#startMissing()
  }

  /** Gives the child the connection that has waited longest, if any does. */
  #serveNext(child: Child): void {
    clearTimeout(child.retirement)
    const accepted = this.#waiting.shift()
    if (accepted === undefined) return this.#rest(child)
    const { address, port } = accepted
    if (this.#handover.pass(child.number, accepted) === undefined) {
      // It has died, or will: that is known here when it has ended.
      this.#waiting.unshift(accepted)
      return child.process.kill()
    }
    child.address = address
    child.id = this.#accepted += 1
    const fields = { id: child.id, address, port, child: child.process.pid }
    if (this.#options.logConnections) this.#parent.log.info(fields, 'connected')
  }

  /** It has nothing to do. */
  #rest(child: Child): void {
    if (this.#isStopping) return
    this.#idle.push(child)
    child.retirement = setTimeout(() => this.#retire(child), IDLE_MILLIS)
  }

  #retire(child: Child): void {
    if (this.#idle.length <= SPARE) return
    this.#idle.splice(this.#idle.indexOf(child), 1)
    child.process.command('stop')
  }

  /** For what waits, and for what comes next. */
  #startMissing(): void {
    const missing = this.#waiting.length + SPARE - this.#idle.length - this.#starting.size
    const room = this.#options.maxConnections - this.#children.size
    for (let more = Math.min(missing, room); more > 0 && this.#startChild(); more -= 1);
    if (this.#children.size === 0)
      for (const accepted of this.#waiting.splice(0)) this.#parent.drop(accepted)
  }

  /** @returns false for want of descriptors */
  #startChild(): boolean {
    const number = (this.#started += 1)
    try {
      const child: Child = {
        number,
        process: this.#handover.launch(number, (message) => this.#onMessage(child, message)),
        reported: new Float64Array(this.#sum.memory.byteLength / 8),
        id: 0,
        address: undefined,
        retirement: undefined,
      }
      this.#children.add(child)
      this.#starting.add(child)
      void this.#ended(child)
      return true
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#parent.log.warn({ error: error.message }, 'no process can be started')
      return false
    }
  }

  #onMessage(child: Child, message: WorkerMessage): void {
    if (message.kind === 'ready' && this.#starting.delete(child)) this.#ready(child)
    if (message.kind === 'counts') this.#sum.merge(child.reported, message.values)
    if (message.kind === 'closed') this.#ready(child)
    // It was said here already that it is connected.
    if (message.kind === 'line' && message.message !== 'connected')
      this.#parent.log[message.level]({ ...message.fields, id: child.id }, message.message)
  }

  #ready(child: Child): void {
    this.#release(child)
    this.#serveNext(child)
  }

  async #ended(child: Child): Promise<void> {
    const reason = await child.process.exited
    clearTimeout(child.retirement)
    this.#forget(child)
    this.#handover.ended(child.number)
    this.#sum.release(child.reported)
    this.#release(child)
    if (this.#isStopping) return
    // What it was started for: to start the next one at once would go on for ever.
    const lost = this.#starting.delete(child) ? this.#waiting.shift() : undefined
    if (lost !== undefined) this.#parent.drop(lost)
    if (this.#waiting.length > 0) this.#serveWaiting()
    if (reason === 'exit code 0') return
    this.deaths += 1
    this.#parent.log.warn({ id: child.id, child: child.process.pid, reason }, 'worker died')
  }

  #forget(child: Child): void {
    this.#children.delete(child)
    const index = this.#idle.indexOf(child)
    if (index !== -1) this.#idle.splice(index, 1)
  }

  #release(child: Child): void {
    if (child.address !== undefined) this.#parent.release(child.address)
    child.address = undefined
  }
}
