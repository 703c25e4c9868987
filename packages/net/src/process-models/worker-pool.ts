import { SystemCallError } from '@sockyard/posix/ffi'

import { Backoff } from '../connect/backoff.ts'
import { limitLog, type LimitedLog, type LogTarget } from '../log/limited-log.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import type { WorkerMessage } from './worker-messages.ts'
import type { WorkerProcess } from './worker-process.ts'

/** How many worker processes run, and how each starts. */
export interface WorkerPoolOptions {
  count: number
  log: LogTarget
  /** Starts the one at this place, the first or the next. */
  launch: (index: number, onMessage: (message: WorkerMessage) => void) => WorkerProcess
  /** It has ended, and its connections with it. */
  onEnded?: (index: number) => void
  /** A connection that was passed to it has closed. */
  onClosed?: (index: number, name: string) => void
}

/** So many worker processes: one that dies is replaced, at once when it had lived for a while. */
export class WorkerPool {
  /** Of each place. */
  readonly counters: readonly TcpCounters[]
  /** Worker processes that ended unexpectedly. */
  deaths = 0
  readonly #options: WorkerPoolOptions
  readonly #ready: PromiseWithResolvers<void>[]
  readonly #workers = new Map<number, WorkerProcess>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #log: LimitedLog
  #isStopping = false

  constructor(options: WorkerPoolOptions) {
    const places = Array.from({ length: options.count })
    this.#options = options
    this.counters = places.map(() => new TcpCounters())
    this.#ready = places.map(() => Promise.withResolvers<void>())
    this.#log = limitLog(options.log)
  }

  /** Fulfilled when all serve. */
  async start(): Promise<void> {
    for (const [index, counters] of this.counters.entries()) void this.#keep(counters, index)
    await Promise.all(this.#ready.map(({ promise }) => promise))
  }

  /** Lets the workers end when they have no connection left; `drained` ends them at once. */
  async stop(drained: AbortSignal): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    await stopProcesses([...this.#workers.values()], drained)
  }

  async #keep(counters: TcpCounters, index: number): Promise<void> {
    const backoff = new Backoff()
    while (!this.#isStopping) {
      const startedAt = performance.now()
      const { pid, reason } = await this.#runOne(counters, index)
      if (this.#isStopping) return
      this.deaths += 1
      this.#log.warn({ worker: index, pid, reason }, 'worker died')
      backoff.lasted(performance.now() - startedAt)
      await this.#pause(backoff.next())
    }
  }

  /** @returns when it has ended, or could not be started for want of descriptors */
  async #runOne(
    counters: TcpCounters,
    index: number,
  ): Promise<{ pid?: number | undefined; reason: string }> {
    const reported = new Float64Array(counters.memory.byteLength / 8)
    try {
      const worker = this.#options.launch(index, (message) =>
        this.#onMessage(index, message, (values) => counters.merge(reported, values)),
      )
      this.#workers.set(index, worker)
      return { pid: worker.pid, reason: await worker.exited }
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      return { reason: error.message }
    } finally {
      this.#workers.delete(index)
      counters.release(reported)
      this.#options.onEnded?.(index)
    }
  }

  #pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        resolve()
      }, millis)
      this.#timers.add(timer)
    })
  }

  #onMessage(
    index: number,
    message: WorkerMessage,
    count: (values: readonly number[]) => void,
  ): void {
    if (message.kind === 'ready') this.#ready[index]?.resolve()
    if (message.kind === 'counts') count(message.values)
    if (message.kind === 'line')
      this.#options.log[message.level]({ worker: index, ...message.fields }, message.message)
    if (message.kind === 'closed') this.#options.onClosed?.(index, message.name)
  }
}

/** Has processes end; `drained` ends them at once. */
export async function stopProcesses(
  processes: readonly WorkerProcess[],
  drained: AbortSignal,
): Promise<void> {
  const kill = (): void => processes.forEach((worker) => worker.kill())
  for (const worker of processes) worker.command('stop')
  if (drained.aborted) kill()
  drained.addEventListener('abort', kill, { once: true })
  await Promise.all(processes.map(({ exited }) => exited))
}
