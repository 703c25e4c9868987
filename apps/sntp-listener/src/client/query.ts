import { parseTarget, type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import { readNtpKeys } from '@sockyard/probe/ntp-keys'
import { askRepeatedly } from '@sockyard/probe/time'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { NTP_PORT, type QueryOptions } from '../config.ts'
import { type ExchangeResult, Exchanger } from '../exchange/exchanger.ts'
import { QueryReport } from './query-report.ts'

/** A server that asks for fewer requests gets half as many (RFC 5905, section 7.4). */
const BACK_OFF = 2

/** Asks one server a few times. @returns the exit code: 0 when at least one reply was believed */
export async function query(context: CommandContext<QueryOptions>): Promise<number> {
  const { options, operands, signal } = context
  const report = new QueryReport(context)
  using exchangers = new Exchangers(context)
  try {
    const how = { defaultPort: NTP_PORT, family: ipFamily(options), signal }
    const addresses = await resolveTarget(operands[0] ?? '', how)
    await using admin =
      options.count === 0 ? await context.openAdmin(report.totals.measured) : undefined
    report.totals.admin = admin
    report.start(parseTarget(operands[0] ?? '', NTP_PORT).host, addresses[0])
    let { interval } = options
    await askRepeatedly(addresses, {
      ...options,
      signal,
      ask: (target, stop) => exchangers.ask(target, stop),
      isAnswer: ({ outcome }) => outcome === 'answered' || outcome === 'rejected',
      take(result, sequence, target) {
        report.sample(sequence, result, target)
        const reason = result.outcome === 'rejected' ? result.reason : undefined
        if (reason === 'kiss-rate') interval *= BACK_OFF
        return reason === 'kiss-deny' ? undefined : interval
      },
    })
    return report.end(exchangers)
  } catch (error) {
    // Stopped while the name was still being resolved: nothing was measured, and nothing failed.
    if (signal.aborted) return 0
    if (error instanceof NetworkError) report.failed(error)
    throw error
  }
}

/** One for each address that was asked. */
class Exchangers implements Disposable {
  readonly #context: CommandContext<QueryOptions>
  readonly #open = new Map<string, Exchanger>()
  readonly #key

  constructor(context: CommandContext<QueryOptions>) {
    const { options, log } = context
    const wanted = options.key === undefined ? [] : [options.key]
    const keys = readNtpKeys(options.keys, wanted, log)
    this.#context = context
    this.#key = options.key === undefined ? undefined : keys.get(options.key)
  }

  /** Datagrams that are no NTP packets. */
  get malformed(): number {
    return this.#sum(({ malformed }) => malformed)
  }

  /** Replies to what was answered already, or was never asked. */
  get duplicated(): number {
    return this.#sum(({ unasked }) => unasked)
  }

  async ask(target: ResolvedAddress, stop: AbortSignal): Promise<ExchangeResult> {
    const { options, now } = this.#context
    try {
      const exchanger =
        this.#open.get(target.address) ?? (await Exchanger.open({ ...target, key: this.#key }, now))
      this.#open.set(target.address, exchanger)
      return await exchanger.ask(options.wait, stop)
    } catch (error) {
      if (error instanceof NetworkError) return { outcome: 'refused', error }
      throw error
    }
  }

  [Symbol.dispose](): void {
    for (const exchanger of this.#open.values()) exchanger[Symbol.dispose]()
  }

  #sum(count: (exchanger: Exchanger) => number): number {
    return this.#open.values().reduce((sum, exchanger) => sum + count(exchanger), 0)
  }
}
