import type { EchoPingEvent } from '@sockyard/protocol/results'

import { BucketCounts } from '../statistics/bucket-counts.ts'
import { toMicro } from '../statistics/histogram.ts'
import type { RoundTripReport, RoundTripTotals } from '../statistics/round-trips.ts'
import type { OnOutcome } from './connection.ts'
import { fixedSize, type ProbeSizes, SizeSweep, type Sweep } from './probe-sizes.ts'
import { ReplyHeaders } from './reply-headers.ts'

type Data<Name extends EchoPingEvent['event']> = Extract<EchoPingEvent, { event: Name }>['data']

interface PingDetailsOptions {
  size: number
  sweep?: Sweep | undefined
  bitrate?: number | undefined
  histogram: boolean
}

/** What a ping measures besides loss and round trips: a histogram, rates, headers of replies and the sizes that pass. */
export class PingDetails {
  readonly sizes: ProbeSizes
  readonly #sweep: SizeSweep | undefined
  readonly #buckets: BucketCounts | undefined
  readonly #headers = new ReplyHeaders()
  readonly #reportsRates: boolean

  constructor({ size, sweep, bitrate, histogram }: PingDetailsOptions) {
    this.#sweep = sweep === undefined ? undefined : new SizeSweep(sweep)
    this.sizes = this.#sweep ?? fixedSize(size)
    this.#buckets = histogram ? new BucketCounts() : undefined
    this.#reportsRates = bitrate !== undefined
  }

  /** Takes what became of a probe. */
  record(...[sequence, , rttMicros, header]: Parameters<OnOutcome>): void {
    if (header !== undefined) this.#headers.record(header)
    if (rttMicros === null) this.#sweep?.lost(sequence)
    else {
      this.#buckets?.record(rttMicros)
      this.#sweep?.answered(sequence)
    }
  }

  /** What the report of an interval, and of the run so far, holds. */
  measured(totals: RoundTripTotals) {
    return {
      takeInterval: (): Data<'interval'> => this.#withRates(totals.takeInterval()),
      total: (): Data<'interval'> => this.#withRates(totals.total()),
    }
  }

  /** What the end holds besides the verdict. */
  atEnd(totals: RoundTripTotals, pathMtuBytes: number | undefined) {
    const sweep = this.#sweep && { ...this.#sweep.result(), pathMtuBytes: pathMtuBytes ?? null }
    return {
      ...this.#withRates(totals.total()),
      replies: this.#headers.counted(),
      histogram: this.#buckets?.buckets() ?? null,
      sweep: sweep ?? null,
    }
  }

  #withRates(report: RoundTripReport): Data<'interval'> {
    const { sent, received, durationMillis } = report
    const perSecond = (probes: number): number | null =>
      this.#reportsRates ? toMicro((probes * this.sizes.largest * 1_000) / durationMillis) : null
    return { ...report, sentBytesPerSecond: perSecond(sent), bytesPerSecond: perSecond(received) }
  }
}
