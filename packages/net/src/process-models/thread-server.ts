import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { aborted } from 'node:util'
import { Worker } from 'node:worker_threads'

import { exitNow } from '@sockyard/posix/process'

import { AccessList } from '../access/access-list.ts'
import {
  descriptorBudget,
  descriptorLimit,
  warnOfFewDescriptors,
} from '../access/descriptor-budget.ts'
import { SharedPeerCounter } from '../access/peer-counter.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import { atExit } from '../udp/thread-end.ts'
import { type WorkerServer, type WorkerServerOptions, workerSettings } from './parent.ts'
import { openSharedListeners, type SharedListeners } from './shared-listeners.ts'
import type { ThreadSettings } from './thread-worker.ts'
import type { ThreadCommand, WorkerMessage } from './worker-messages.ts'

/** From the end of a drain until threads have closed their connections. */
const LONGEST_CLOSE_MILLIS = 150
const MODULE = new URL('thread-worker.ts', import.meta.url)
/** What its data needs at most; V8 would take 40 MB and more before it collects anything. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 }

/** Threads that each accept at a listening socket of their own (SO_REUSEPORT); the limits hold over all of them. */
export class ThreadServer implements WorkerServer {
  readonly counters: readonly TcpCounters[]
  readonly workerCounters: readonly TcpCounters[] = []
  readonly deaths = 0
  readonly #options: WorkerServerOptions
  readonly #threads: { worker: Worker; ready: Promise<void>; ended: Promise<void> }[] = []
  #listeners: SharedListeners | undefined

  constructor(options: WorkerServerOptions) {
    // Throws what is wrong with the lists before anything is opened.
    void new AccessList(options)
    this.#options = options
    this.counters = Array.from({ length: options.workers }, () => new TcpCounters())
  }

  async start(): Promise<AddressInfo> {
    const { workers, log, listeningFields, allow, deny } = this.#options
    const listeners = await openSharedListeners(this.#options, workers)
    this.#listeners = listeners
    const total = Math.min(this.#options.maxConnections, descriptorLimit())
    const common = {
      ...workerSettings(this.#options, workers),
      limits: { total, perAddress: this.#options.maxConnectionsPerAddress, allow, deny },
      peers: SharedPeerCounter.allocate(total),
      accepted: new BigInt64Array(new SharedArrayBuffer(8)),
    }
    for (const [index, socket] of listeners.sockets.entries()) {
      const memory = this.counters[index]?.memory ?? new SharedArrayBuffer()
      this.#launch({ ...common, listener: socket.release(), counters: memory })
    }
    // Connections that another thread has accepted may take the descriptors that loading its modules needs.
    await Promise.all(this.#threads.map(({ ready }) => ready))
    this.#command({ accept: descriptorBudget().use })
    const { address, port } = listeners.bound
    warnOfFewDescriptors(log, this.#options.maxConnections)
    log.info({ transport: 'tcp', address, port, ...listeningFields, engine: 'native' }, 'listening')
    return listeners.bound
  }

  /** A thread that does not stop in time, because it or the machine is busy, ends with the process. */
  async stop(drained: AbortSignal): Promise<void> {
    this.#listeners?.hide()
    const end = (): void => this.#command('end')
    this.#command('stop')
    if (drained.aborted) end()
    drained.addEventListener('abort', end, { once: true })
    await Promise.race([
      Promise.all(this.#threads.map(({ ended }) => ended)),
      aborted(drained, this).then(() => sleep(LONGEST_CLOSE_MILLIS, undefined, { ref: false })),
    ])
  }

  #command(command: ThreadCommand): void {
    for (const { worker } of this.#threads) worker.postMessage(command, [])
  }

  #launch(workerData: ThreadSettings): void {
    const worker = new Worker(MODULE, { workerData, resourceLimits: RESOURCE_LIMITS })
    worker.on('error', (error) => this.#options.onFailure?.(error as Error))
    const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()))
    // Node would terminate it amid a native callback, and abort.
    void ended.then(atExit(() => exitNow(Number(process.exitCode ?? 0))))
    const ready = new Promise<void>((resolve) => {
      worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'ready') resolve()
        if (message.kind === 'line')
          this.#options.log[message.level](message.fields, message.message)
      })
    })
    this.#threads.push({ worker, ready: Promise.race([ready, ended]), ended })
  }
}
