import { limitLog, type LogTarget } from '@sockyard/service/limited-log'
import type { Registry } from '@sockyard/service/prometheus'

import { Backoff } from '../backoff.ts'
import type { EngineCounts } from '../epoll/engine-counts.ts'
import type { News } from './messages.ts'
import { WorkerCounts } from './worker-counts.ts'
import { countDeaths, exportShares } from './worker-metrics.ts'
import type { WorkerProcess } from './worker-process.ts'

export interface WorkerPoolOptions {
  count: number
  log: LogTarget
  metrics: Registry
  /** Starts the one at this place, the first or the next. */
  launch: (index: number, onNews: (news: News) => void) => WorkerProcess
  /** It has ended, and its connections with it. */
  onEnded?: (index: number) => void
  onLeft?: (index: number, peer: string) => void
}

/** So many worker processes: whichever dies is replaced, at once when it had lived for a while. */
export class WorkerPool {
  /** Of each place. */
  readonly counts: readonly EngineCounts[]
  readonly #options: WorkerPoolOptions
  readonly #sums: readonly WorkerCounts[]
  readonly #ready: PromiseWithResolvers<void>[]
  readonly #workers = new Map<number, WorkerProcess>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #died: () => void
  readonly #log
  #isStopping = false

  constructor(options: WorkerPoolOptions) {
    const places = Array.from({ length: options.count })
    this.#options = options
    this.#sums = places.map(() => new WorkerCounts())
    this.counts = this.#sums.map(({ counts }) => counts)
    this.#ready = places.map(() => Promise.withResolvers<void>())
    this.#log = limitLog(options.log)
    const deaths = countDeaths(options.metrics)
    this.#died = () => deaths.inc()
    exportShares(options.metrics, this.counts)
  }

  /** Fulfilled when all serve. */
  async start(): Promise<void> {
    for (const [index, sum] of this.#sums.entries()) void this.#keep(sum, index)
    await Promise.all(this.#ready.map(({ promise }) => promise))
  }

  /** Lets the workers end when nobody is left with them; `drained` ends them at once. */
  async stop(drained: AbortSignal): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const worker of this.#workers.values()) worker.order('stop')
    const end = (): void => this.#workers.forEach((worker) => worker.kill())
    if (drained.aborted) end()
    drained.addEventListener('abort', end, { once: true })
    await Promise.all([...this.#workers.values()].map(({ exited }) => exited))
  }

  async #keep(sum: WorkerCounts, index: number): Promise<void> {
    const backoff = new Backoff()
    while (!this.#isStopping) {
      const share = sum.share()
      const worker = this.#options.launch(index, (news) =>
        this.#hear(index, news, share.tell.bind(share)),
      )
      this.#workers.set(index, worker)
      const reason = await worker.exited
      this.#workers.delete(index)
      share.end()
      this.#options.onEnded?.(index)
      if (this.#isStopping) return
      this.#died()
      this.#log.warn({ worker: index, pid: worker.pid, reason }, 'worker died')
      const lived = performance.now() - worker.startedAt
      backoff.lasted(lived)
      await this.#pause(backoff.next())
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

  #hear(index: number, news: News, tell: (values: readonly number[]) => void): void {
    if (news.kind === 'ready') this.#ready[index]?.resolve()
    if (news.kind === 'counts') tell(news.values)
    if (news.kind === 'line')
      this.#options.log[news.level]({ worker: index, ...news.fields }, news.message)
    if (news.kind === 'left') this.#options.onLeft?.(index, news.peer)
  }
}
