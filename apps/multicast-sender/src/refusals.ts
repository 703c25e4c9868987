import { limitLog } from '@sockyard/service/limited-log'
import type { Logger } from '@sockyard/service/log'

/** Says once that the network refuses, and why, and once that it does no longer. */
export class Refusals {
  readonly #log: ReturnType<typeof limitLog>
  readonly #place: { group: string; port: number }
  #failure: string | undefined

  constructor(log: Logger, place: { group: string; port: number }) {
    this.#log = limitLog(log)
    this.#place = place
  }

  /** @param refusal why the last datagram was not sent; undefined when it was */
  tell(refusal: string | undefined): void {
    if (refusal === this.#failure) return
    this.#failure = refusal
    if (refusal === undefined) this.#log.info(this.#place, 'sending again')
    else this.#log.warn({ ...this.#place, error: refusal }, 'cannot send')
  }
}
