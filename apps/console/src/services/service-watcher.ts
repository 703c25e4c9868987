import { setTimeout as sleep } from 'node:timers/promises'

import { Backoff } from '@sockyard/net/connect'

import { parsePeers } from '../topology/peers.ts'
import { AdminClient } from './admin-client.ts'
import { parseExposition } from './exposition.ts'
import { listeningOf, type ListeningSocket, parseOptions } from './listening.ts'
import type { ScrapePace } from './scrape-pace.ts'
import { type Series, SeriesReader } from './series.ts'
import type { Target } from './targets.ts'

/** Its sockets change when it starts, hardly ever later. */
const OPTIONS_MILLIS = 30_000
/** An id that no service gives: it sends all that it keeps. */
const FROM_THE_BEGINNING = '0'

/** What is known of a service now. */
export interface ServiceState {
  /** Host and port of its admin endpoint. */
  id: string
  /** The name of the app; null until it is known. */
  service: string | null
  url: string
  state: 'up' | 'down'
  /** When the state became so. */
  since: string
  listening: readonly ListeningSocket[]
  /** Why it is down. */
  error: string | null
}

/** What comes from a service. */
export interface ServiceReports {
  /** The state has changed. */
  onState(state: ServiceState): void
  /** @param seconds for which the values stand: those since the scrape before */
  onValues(service: string, values: ReadonlyMap<Series, number>, seconds: number): void
  /** The answer to GET /peers, not yet checked. */
  onPeers(service: string, text: string): void
  /**
   * @param source the id that the service gave the event
   * @returns false when it cannot be taken now: the service is to send it again
   */
  onEvent(service: string, source: string, json: string): boolean
}

/** Follows one service as it comes and goes: its metrics, its peers, its sockets and its events. */
export class ServiceWatcher {
  readonly #client: AdminClient
  readonly #series: SeriesReader
  readonly #reports: ServiceReports
  readonly #pace: ScrapePace
  readonly #stopping = new AbortController()
  readonly #backoff = new Backoff()
  #state: ServiceState
  #options: unknown = null
  #lastId: string
  #optionsAt = -Infinity
  #scrapedAt = -Infinity

  /** @param lastId that of the last event of the service that is stored */
  constructor(
    target: Target,
    reports: ServiceReports,
    pace: ScrapePace,
    lastId = FROM_THE_BEGINNING,
  ) {
    const { id, url, service } = target
    this.#client = new AdminClient(url)
    this.#series = new SeriesReader(id)
    this.#reports = reports
    this.#pace = pace
    this.#lastId = lastId
    const since = new Date().toISOString()
    const state = { state: 'down', since, listening: [], error: null } as const
    this.#state = { id, service, url, ...state }
  }

  /** What GET /options answered; null while it is not known. */
  get options(): unknown {
    return this.#options
  }

  get state(): ServiceState {
    return this.#state
  }

  start(): void {
    void this.#scrapeUntilStopped()
    void this.#followUntilStopped()
  }

  stop(): void {
    this.#stopping.abort()
    this.#client.close()
  }

  async #scrapeUntilStopped(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const began = performance.now()
      const isUp = await this.#scrape(began, signal)
      if (isUp) this.#backoff.lasted(Infinity)
      await (isUp ? this.#pace.next(began, signal) : pause(this.#backoff.next(), signal))
    }
  }

  /** @returns whether the service answered */
  async #scrape(nowMillis: number, signal: AbortSignal): Promise<boolean> {
    try {
      const families = parseExposition(await this.#client.get('/metrics/service', signal))
      const { id } = this.#state
      const seconds = (nowMillis - this.#scrapedAt) / 1_000
      this.#scrapedAt = nowMillis
      this.#reports.onValues(id, this.#series.read(families, nowMillis), seconds)
      const peers = await this.#client.get('/peers', signal)
      if (this.#state.service === null) this.#learnName(peers)
      this.#reports.onPeers(id, peers)
      if (nowMillis - this.#optionsAt > OPTIONS_MILLIS) await this.#readOptions(nowMillis, signal)
      this.#change({ state: 'up', error: null })
      return true
    } catch (error) {
      if (signal.aborted) return false
      this.#optionsAt = -Infinity
      this.#scrapedAt = -Infinity
      this.#change({ state: 'down', error: messageOf(error) })
      return false
    }
  }

  async #readOptions(nowMillis: number, signal: AbortSignal): Promise<void> {
    this.#optionsAt = nowMillis
    // Without native calls it is answered with 503: then its sockets are not known.
    const text = await this.#client.get('/options', signal).catch(() => '{}')
    const options = parseOptions(text)
    this.#options = options
    this.#state = { ...this.#state, listening: listeningOf(options) }
    this.#reports.onState(this.#state)
  }

  #change(change: Pick<ServiceState, 'state' | 'error'>): void {
    const isNew = change.state !== this.#state.state
    if (!isNew && change.error === this.#state.error) return
    const since = isNew ? new Date().toISOString() : this.#state.since
    this.#state = { ...this.#state, ...change, since }
    this.#reports.onState(this.#state)
  }

  async #followUntilStopped(): Promise<void> {
    const { signal } = this.#stopping
    const backoff = new Backoff()
    while (!signal.aborted) {
      const began = performance.now()
      await this.#client.follow(this.#lastId, ({ id, data }) => this.#onEvent(id, data), signal)
      backoff.lasted(performance.now() - began)
      await pause(backoff.next(), signal)
    }
  }

  #onEvent(source: string, json: string): boolean {
    if (!this.#reports.onEvent(this.#state.id, source, json)) return false
    this.#lastId = source
    return true
  }

  #learnName(peers: string): void {
    const service = parsePeers(peers)?.service ?? null
    this.#state = { ...this.#state, service }
  }
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { signal }).catch(() => undefined)
}

/** One line; of a system error its code. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return error.name === 'TimeoutError' ? 'TIMEOUT' : (code ?? error.message)
}
