import type { ResolvedAddress } from '@sockyard/net/address'
import { failureOf, NetworkError } from '@sockyard/net/errors'
import {
  commandReporter,
  formatMicros,
  formatOffset,
  formatCounts,
  type Reporter,
  type Texts,
} from '@sockyard/probe/report'
import { QueryTotals } from '@sockyard/probe/time'
import type { DaytimeQueryEvent } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'

import type { QueryOptions } from '../config.ts'
import { type Answer, readAnswer } from './ask.ts'
import { bothOf, type ClockRange, clockOf, rangeOf } from './clock-range.ts'

type DataOf<Name extends DaytimeQueryEvent['event']> = Extract<
  DaytimeQueryEvent,
  { event: Name }
>['data']

/** Reports the outcome of each query, and in the end the offset range of all answers. */
export class QueryReport {
  readonly #options: QueryOptions
  readonly #reporter: Reporter<DataOf<'start'>, DataOf<'sample'>, DataOf<'interval'>, DataOf<'end'>>
  readonly totals = new QueryTotals()
  #range: ClockRange | undefined

  constructor(context: CommandContext<QueryOptions>) {
    this.#options = context.options
    this.#reporter = commandReporter(context, texts)
  }

  /** How far the server's clock may be off, by all answers so far. */
  get range(): ClockRange | undefined {
    return this.#range
  }

  start(host: string, { address, port }: ResolvedAddress): void {
    const { udp, count, interval: intervalMillis } = this.#options
    const transport = udp ? 'udp' : 'tcp'
    const service = this.#service
    this.#reporter.start({
      service,
      transport,
      host,
      address,
      port,
      count: count || null,
      intervalMillis,
    })
  }

  answered(sequence: number, { bytes, askedAt, answeredAt }: Answer): void {
    const answer = readAnswer(this.#service, bytes, answeredAt)
    if (!answer.ok) {
      this.totals.malformed += 1
      this.totals.unanswered(new NetworkError(answer.error.message, { errorClass: 'OTHER' }))
      this.#sample({ sequence, outcome: 'malformed' })
      return
    }
    const { text, nanos } = answer.value
    const rttMicros = Math.max(0, Number(answeredAt - askedAt) / 1_000)
    const range = nanos === null ? undefined : rangeOf(nanos, askedAt, answeredAt)
    this.totals.received(rttMicros)
    if (range !== undefined) this.#range = bothOf(this.#range, range)
    this.#sample({ sequence, outcome: 'answered', text, ...clockOf(range), rttMicros })
  }

  unanswered(sequence: number, error: NetworkError): void {
    this.totals.unanswered(error)
    this.#sample({ sequence, outcome: error.errorClass === 'TIMEOUT' ? 'silent' : 'refused' })
  }

  /** @returns the exit code */
  end(): number {
    const failure = this.totals.runFailure
    this.#end(failure)
    return failure === undefined ? 0 : 1
  }

  /** It could not even begin. */
  failed(error: NetworkError): void {
    if (this.#options.json) this.#end(error)
  }

  get #service(): 'time' | 'daytime' {
    return this.#options.time ? 'time' : 'daytime'
  }

  #sample(said: Partial<DataOf<'sample'>> & Pick<DataOf<'sample'>, 'sequence' | 'outcome'>): void {
    this.totals.sent += 1
    this.#reporter.sample({ text: null, ...clockOf(undefined), rttMicros: null, ...said })
  }

  #end(failure: NetworkError | undefined): void {
    const error = failure && { error: failureOf(failure) }
    this.#reporter.end({ ...this.totals.counted(), ...clockOf(this.#range), ...error })
  }
}

const NOT_ANSWERED = {
  malformed: 'malformed answer',
  refused: 'connection refused',
  silent: 'no answer in time',
} as const

/** What a person reads. */
const texts: Texts<DataOf<'start'>, DataOf<'sample'>, DataOf<'interval'>, DataOf<'end'>> = {
  start: ({ service, transport, host, address, port, count }) =>
    `${service} of ${host} (${address}) port ${port} over ${transport}, ${queries(count)}`,
  sample: (data) =>
    data.outcome === 'answered'
      ? [data.text ?? '', formatOffset(data), roundTrip(data.rttMicros)].filter(Boolean).join('  ')
      : NOT_ANSWERED[data.outcome],
  interval: formatCounts,
  end: (data) =>
    [formatCounts(data), data.error?.message ?? formatOffset(data)].filter(Boolean).join('\n'),
}

function queries(count: number | null): string {
  if (count === null) return 'until stopped'
  return `${count} ${count === 1 ? 'query' : 'queries'}`
}

function roundTrip(rttMicros: number | null): string {
  return rttMicros === null ? '' : `time ${formatMicros(rttMicros)}`
}
