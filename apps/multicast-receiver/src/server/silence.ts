import type { LimitedLog } from '@sockyard/net/log'

import type { FlowTable } from './flow-table.ts'
import type { FlowId } from './flow.ts'

interface SilenceOptions {
  readonly groups: readonly string[]
  readonly port: number
  readonly silentAfterMillis: number
  readonly log: LimitedLog
}

/**
 * Logs `silent` of a sender that is heard no longer and of a group from which nothing ever came, and `heard again`
 * when that changes. Times are milliseconds of a clock that never goes back.
 */
export class SilenceMonitor {
  readonly #options: SilenceOptions
  /** Groups from which nothing came yet, and whether that was logged. */
  readonly #unheard: Map<string, boolean>
  #startMillis = 0

  constructor(options: SilenceOptions) {
    this.#options = options
    this.#unheard = new Map(options.groups.map((group) => [group, false]))
  }

  start(nowMillis: number): void {
    this.#startMillis = nowMillis
  }

  /** Something came from this group. */
  heard(group: string, nowMillis: number): void {
    const wasLogged = this.#unheard.get(group)
    if (wasLogged === undefined) return
    this.#unheard.delete(group)
    const facts = this.#groupFacts(group, nowMillis)
    if (wasLogged) this.#options.log.info(facts, 'heard again')
  }

  /** Something came from a sender that was silent. */
  readonly heardAgain = (flow: FlowId, silentMillis: number): void => {
    this.#options.log.info(this.#flowFacts(flow, silentMillis), 'heard again')
  }

  /** Called now and then. */
  poll(flows: FlowTable, nowMillis: number): void {
    const { silentAfterMillis, log } = this.#options
    for (const flow of flows.newlySilent(nowMillis, silentAfterMillis))
      log.warn(this.#flowFacts(flow.id, flow.unheardMillis(nowMillis)), 'silent')
    if (nowMillis - this.#startMillis <= silentAfterMillis) return
    for (const [group, wasLogged] of this.#unheard) {
      this.#unheard.set(group, true)
      if (!wasLogged) log.warn(this.#groupFacts(group, nowMillis), 'silent')
    }
  }

  #flowFacts({ group, source, sender }: FlowId, silentMillis: number) {
    const { port } = this.#options
    return { group, port, source: source.text, sender, silentMillis: Math.round(silentMillis) }
  }

  #groupFacts(group: string, nowMillis: number) {
    const silentMillis = Math.round(nowMillis - this.#startMillis)
    return { group, port: this.#options.port, source: null, sender: null, silentMillis }
  }
}
