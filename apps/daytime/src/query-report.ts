import { MicrosHistogram } from '@sockyard/probe/histogram'
import { createReporter } from '@sockyard/probe/reporter'
import { toMicro } from '@sockyard/probe/to-micro'
import type { CommandContext } from '@sockyard/service/command'
import { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { ResolvedAddress } from '@sockyard/service/resolve'

import { bothOf, type ClockRange, clockOf, rangeOf } from './clock-range.ts'
import type { QueryOptions } from './config.ts'
import { type DataOf, queryTexts } from './query-texts.ts'
import { readAnswer } from './read-answer.ts'

/** Tells what each question came to, and in the end what all the answers say together. */
export class QueryReport {
  readonly #options: QueryOptions
  readonly #reporter
  readonly #roundTrips = new MicrosHistogram()
  readonly #startMillis = performance.now()
  #sent = 0
  #malformed = 0
  #range: ClockRange | undefined
  #failure: NetworkError | undefined

  constructor({ options, stdout }: CommandContext<QueryOptions>) {
    const { json, quiet } = options
    const write = (text: string): void => void stdout.write(text)
    this.#options = options
    this.#reporter = createReporter({ write, json, quiet, live: false, texts: queryTexts })
  }

  start(host: string, { address, port }: ResolvedAddress): void {
    const { time, udp, count, interval: intervalMillis } = this.#options
    const service = time ? 'time' : 'daytime'
    const transport = udp ? 'udp' : 'tcp'
    this.#reporter.start({ service, transport, host, address, port, count, intervalMillis })
  }

  /** @param at the local clock, nanoseconds since 1970 */
  answered(sequence: number, bytes: Uint8Array, at: { askedAt: bigint; answeredAt: bigint }): void {
    const { askedAt, answeredAt } = at
    const service = this.#options.time ? 'time' : 'daytime'
    const answer = readAnswer(service, bytes, answeredAt)
    if (!answer.ok) {
      this.#malformed += 1
      this.#failure ??= new NetworkError(answer.error.message, { errorClass: 'OTHER' })
      this.#sample({ sequence, outcome: 'malformed' })
      return
    }
    const { text, nanos } = answer.value
    const rttMicros = Math.max(0, Number(answeredAt - askedAt) / 1_000)
    const range = nanos === null ? undefined : rangeOf(nanos, askedAt, answeredAt)
    this.#roundTrips.record(rttMicros)
    if (range !== undefined) this.#range = bothOf(this.#range, range)
    this.#sample({ sequence, outcome: 'answered', text, ...clockOf(range), rttMicros })
  }

  unanswered(sequence: number, error: NetworkError): void {
    this.#failure = error
    this.#sample({ sequence, outcome: error.errorClass === 'TIMEOUT' ? 'silent' : 'refused' })
  }

  /** @returns the exit code */
  end(): number {
    const failed = this.#roundTrips.count === 0 && this.#failure !== undefined
    const error = failed && this.#failure ? { error: failureOf(this.#failure) } : {}
    this.#reporter.end({ ...this.#end(), ...error })
    return failed ? 1 : 0
  }

  /** It could not even begin. */
  failed(error: NetworkError): void {
    if (this.#options.json) this.#reporter.end({ ...this.#end(), error: failureOf(error) })
  }

  #sample(said: Partial<DataOf<'sample'>> & Pick<DataOf<'sample'>, 'sequence' | 'outcome'>): void {
    this.#sent += 1
    this.#reporter.sample({ text: null, ...clockOf(undefined), rttMicros: null, ...said })
  }

  #end(): DataOf<'end'> {
    const received = this.#roundTrips.count
    return {
      durationMillis: toMicro(performance.now() - this.#startMillis),
      sent: this.#sent,
      received,
      lost: this.#sent - received,
      duplicated: 0,
      reordered: 0,
      malformed: this.#malformed,
      rttMicros: this.#roundTrips.summary(),
      ...clockOf(this.#range),
    }
  }
}
