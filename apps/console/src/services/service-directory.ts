import { setTimeout as sleep } from 'node:timers/promises'

import type { ScrapePace } from './scrape-pace.ts'
import { type ServiceReports, type ServiceState, ServiceWatcher } from './service-watcher.ts'
import type { Target, TargetFinder } from './targets.ts'

/** How often it is looked whether there are others. */
const FIND_MILLIS = 5_000

/** The services that there are, each followed by a watcher. */
export class ServiceDirectory {
  readonly #finder: TargetFinder
  readonly #reports: ServiceReports
  readonly #pace: ScrapePace
  readonly #lastId: (service: string) => Promise<string | undefined>
  readonly #watchers = new Map<string, ServiceWatcher>()
  readonly #shown = new Set<string>()
  readonly #stopping = new AbortController()

  /** @param lastId the id of the last stored event of a service */
  constructor(
    finder: TargetFinder,
    reports: ServiceReports,
    pace: ScrapePace,
    lastId: (service: string) => Promise<string | undefined>,
  ) {
    this.#finder = finder
    this.#lastId = lastId
    this.#pace = pace
    this.#reports = { ...reports, onState: (state) => this.#onState(state, reports) }
  }

  /** Those that were up at least once, and those that were asked for. */
  get services(): ServiceState[] {
    return [...this.#watchers.values()]
      .map(({ state }) => state)
      .filter(({ id }) => this.#shown.has(id))
  }

  /** The options of a service's sockets; null while they are not known. */
  optionsOf(id: string): unknown {
    return this.#watchers.get(id)?.options ?? null
  }

  async start(): Promise<void> {
    await this.#update()
    void this.#updateUntilStopped()
  }

  stop(): void {
    this.#stopping.abort()
    for (const watcher of this.#watchers.values()) watcher.stop()
  }

  async #updateUntilStopped(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await sleep(FIND_MILLIS, undefined, { signal, ref: false }).catch(() => undefined)
      if (!signal.aborted) await this.#update()
    }
  }

  async #update(): Promise<void> {
    const targets = await this.#finder.find()
    const ids = new Set(targets.map(({ id }) => id))
    for (const [id, watcher] of this.#watchers) {
      if (ids.has(id)) continue
      watcher.stop()
      this.#watchers.delete(id)
      this.#shown.delete(id)
    }
    for (const target of targets) if (!this.#watchers.has(target.id)) await this.#watch(target)
  }

  async #watch(target: Target): Promise<void> {
    const lastId = await this.#lastId(target.id)
    const watcher = new ServiceWatcher(target, this.#reports, this.#pace, lastId)
    if (this.#stopping.signal.aborted) return
    this.#watchers.set(target.id, watcher)
    if (target.isExpected) this.#shown.add(target.id)
    watcher.start()
  }

  #onState(state: ServiceState, reports: ServiceReports): void {
    if (state.state === 'up') this.#shown.add(state.id)
    if (this.#shown.has(state.id)) reports.onState(state)
  }
}
