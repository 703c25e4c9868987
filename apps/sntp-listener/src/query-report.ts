import { MicrosHistogram } from '@sockyard/probe/histogram'
import { createReporter } from '@sockyard/probe/reporter'
import { toMicro } from '@sockyard/probe/to-micro'
import type { SntpQueryEvent } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/command'
import { NetworkError, place } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { ResolvedAddress } from '@sockyard/service/resolve'

import { clockReading, micros, noReading } from './clock-words.ts'
import type { QueryOptions } from './config.ts'
import type { Exchanger, ExchangeResult } from './exchanger.ts'
import { queryTexts } from './query-texts.ts'
import type { Reading } from './reading.ts'

type DataOf<Name extends SntpQueryEvent['event']> = Extract<SntpQueryEvent, { event: Name }>['data']

/** Where there is no reading. */
const nothing = { ...noReading, delayMicros: null }

/** Tells what each request came to, and in the end the best of them: the one with the least delay. */
export class QueryReport {
  readonly #options: QueryOptions
  readonly #reporter
  readonly #delays = new MicrosHistogram()
  readonly #startMillis = performance.now()
  #sent = 0
  #best: Reading | undefined
  /** The last request that was not answered. */
  #failure: Exclude<ExchangeResult, { outcome: 'answered' }> | undefined

  constructor({ options, stdout }: CommandContext<QueryOptions>) {
    const { json, quiet } = options
    const write = (text: string): void => void stdout.write(text)
    this.#options = options
    this.#reporter = createReporter({ write, json, quiet, live: false, texts: queryTexts })
  }

  start(host: string, { address, port }: ResolvedAddress): void {
    const { count, interval: intervalMillis } = this.#options
    this.#reporter.start({ host, address, port, count, intervalMillis })
  }

  sample(sequence: number, result: ExchangeResult): void {
    this.#sent += 1
    if (result.outcome === 'answered') this.#keep(result.reading)
    else this.#failure = result
    const { outcome } = result
    const reason = outcome === 'refused' ? result.reason : null
    const reading = 'reading' in result ? result.reading : null
    this.#reporter.sample({ sequence, outcome, reason, ...describe(reading) })
  }

  /** @returns the exit code */
  end(target: ResolvedAddress, { malformed, unasked }: Exchanger): number {
    const data = this.#end({ malformed, duplicated: unasked })
    if (this.#best === undefined && this.#failure !== undefined) {
      const error = failureOf(whyNot(this.#failure, target))
      this.#reporter.end({ ...data, error })
      return 1
    }
    this.#reporter.end(data)
    return 0
  }

  /** It could not even begin. */
  failed(error: NetworkError): void {
    if (this.#options.json)
      this.#reporter.end({ ...this.#end({ malformed: 0, duplicated: 0 }), error: failureOf(error) })
  }

  #keep(reading: Reading): void {
    this.#delays.record(micros(reading.delayNanos))
    if (this.#best === undefined || reading.delayNanos < this.#best.delayNanos) this.#best = reading
  }

  #end(others: { malformed: number; duplicated: number }): DataOf<'end'> {
    const received = this.#delays.count
    return {
      durationMillis: toMicro(performance.now() - this.#startMillis),
      sent: this.#sent,
      received,
      lost: this.#sent - received,
      reordered: 0,
      ...others,
      rttMicros: this.#delays.summary(),
      ...describe(this.#best ?? null),
    }
  }
}

function describe(reading: Reading | null) {
  if (reading === null) return nothing
  return { ...clockReading(reading.packet, reading), delayMicros: micros(reading.delayNanos) }
}

function whyNot(
  result: Exclude<ExchangeResult, { outcome: 'answered' }>,
  { address: host, port }: ResolvedAddress,
): NetworkError {
  if (result.outcome === 'unreachable') return result.error
  if (result.outcome === 'silent') {
    const message = `${place(host, port)}no answer in time`
    return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
  }
  const message = `${place(host, port)}no reply could be believed: ${result.reason}`
  return new NetworkError(message, { errorClass: 'OTHER', host, port })
}
