import type { ResolvedAddress } from '@sockyard/net/address'
import { failureOf, NetworkError, place } from '@sockyard/net/errors'
import {
  commandReporter,
  formatMicros,
  formatOffset,
  formatCounts,
  type Reporter,
  type Texts,
} from '@sockyard/probe/report'
import { QueryTotals } from '@sockyard/probe/time'
import type { SntpQueryEvent } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'

import type { QueryOptions } from '../config.ts'
import type { ExchangeResult } from '../exchange/exchanger.ts'
import { clockReading, micros, noReading, type Reading } from '../exchange/reading.ts'

type DataOf<Name extends SntpQueryEvent['event']> = Extract<SntpQueryEvent, { event: Name }>['data']

/** Where there is no reading. */
const nothing = { ...noReading, rttMicros: null }

/** Reports the outcome of each request, and in the end the best: the one with the least delay. */
export class QueryReport {
  readonly #options: QueryOptions
  readonly #reporter: Reporter<DataOf<'start'>, DataOf<'sample'>, DataOf<'interval'>, DataOf<'end'>>
  readonly totals = new QueryTotals()
  #best: Reading | undefined

  constructor(context: CommandContext<QueryOptions>) {
    this.#options = context.options
    this.#reporter = commandReporter(context, texts)
  }

  start(host: string, { address, port }: ResolvedAddress): void {
    const { count, interval: intervalMillis } = this.#options
    this.#reporter.start({ host, address, port, count: count || null, intervalMillis })
  }

  sample(sequence: number, result: ExchangeResult, target: ResolvedAddress): void {
    this.totals.sent += 1
    if (result.outcome === 'answered') this.#keep(result.reading)
    else this.totals.unanswered(whyNot(result, target))
    const { outcome } = result
    const reason = outcome === 'rejected' ? result.reason : null
    const reading = 'reading' in result ? result.reading : null
    this.#reporter.sample({ sequence, outcome, reason, ...describe(reading) })
  }

  /** @returns the exit code */
  end({ malformed, duplicated }: { malformed: number; duplicated: number }): number {
    Object.assign(this.totals, { malformed, duplicated })
    const failure = this.totals.runFailure
    this.#end(failure)
    return failure === undefined ? 0 : 1
  }

  /** It could not even begin. */
  failed(error: NetworkError): void {
    if (this.#options.json) this.#end(error)
  }

  #keep(reading: Reading): void {
    this.totals.received(micros(reading.delayNanos))
    if (this.#best === undefined || reading.delayNanos < this.#best.delayNanos) this.#best = reading
  }

  #end(failure: NetworkError | undefined): void {
    const error = failure && { error: failureOf(failure) }
    const best = this.#best ? clockReading(this.#best.packet, this.#best) : noReading
    this.#reporter.end({ ...this.totals.counted(), ...best, ...error })
  }
}

function describe(reading: Reading | null) {
  if (reading === null) return nothing
  return { ...clockReading(reading.packet, reading), rttMicros: micros(reading.delayNanos) }
}

function whyNot(
  result: Exclude<ExchangeResult, { outcome: 'answered' }>,
  { address: host, port }: ResolvedAddress,
): NetworkError {
  if (result.outcome === 'refused') return result.error
  if (result.outcome === 'silent') {
    const message = `${place(host, port)}no answer in time`
    return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
  }
  const message = `${place(host, port)}no reply was accepted: ${result.reason}`
  return new NetworkError(message, { errorClass: 'OTHER', host, port })
}

const NOT_ANSWERED = {
  refused: 'destination unreachable',
  silent: 'no answer in time',
} as const

/** What a person reads. */
const texts: Texts<DataOf<'start'>, DataOf<'sample'>, DataOf<'interval'>, DataOf<'end'>> = {
  start: ({ host, address, port, count }) =>
    `${host} (${address}) port ${port}, ${requests(count)}`,
  sample: (data) => {
    const { outcome, reason } = data
    if (outcome === 'silent' || outcome === 'refused') return NOT_ANSWERED[outcome]
    if (outcome === 'answered') return clockText(data, data.rttMicros)
    return [`rejected: ${reason}`, clockText(data, data.rttMicros)].filter(Boolean).join(': ')
  },
  interval: formatCounts,
  end: (data) => {
    const best = clockText(data, data.rttMicros?.min ?? null)
    const result = data.error?.message ?? (best === '' ? '' : `best: ${best}`)
    return [formatCounts(data), result].filter(Boolean).join('\n')
  },
}

function requests(count: number | null): string {
  if (count === null) return 'until stopped'
  return `${count} ${count === 1 ? 'request' : 'requests'}`
}

/** `offset +12 µs ± 60 µs delay 118 µs stratum 10 reference LOCL`; empty when nothing is known */
function clockText(data: DataOf<'sample'> | DataOf<'end'>, delayMicros: number | null): string {
  const { stratum, reference } = data
  const offset = formatOffset(data)
  if (offset === '' || delayMicros === null) return ''
  return `${offset} delay ${formatMicros(delayMicros)} stratum ${stratum} reference ${reference}`
}
