import { formatMicros } from '@sockyard/probe/format'
import { SampleGate } from '@sockyard/probe/sample-gate'
import { toMicro } from '@sockyard/probe/to-micro'
import type { NtpPacket } from '@sockyard/protocol/ntp'
import type { SntpObserveEvent } from '@sockyard/protocol/results'
import type { Logger } from '@sockyard/service/log'
import type { GroupMembership } from '@sockyard/service/membership'

import { clockReading, describeClock, micros, noReading, signedMicros } from './clock-words.ts'
import type { ObserveTallies, ObserveTotals } from './observe-totals.ts'
import type { Sender } from './observer.ts'
import type { Source } from './source.ts'

type End = Extract<SntpObserveEvent, { event: 'end' }>['data']
type SourceData = End['sources'][number]

/** An interval line with thousands of sources would be no line any more. */
const SOURCES_SHOWN = 100

interface ReportOptions {
  readonly log: Logger
  readonly quiet: boolean
  readonly totals: ObserveTotals
  readonly sources: () => Iterable<Source>
}

/** Tells what is observed: each broadcast while there are few, else a line a second. */
export class ObserveReport {
  readonly #options: ReportOptions
  readonly #heard: SampleGate
  /** Apart, so that a flood of forgeries does not hide the real ones. */
  readonly #refused: SampleGate
  readonly #withheld = new Map<string, number>()
  #lastTallies: ObserveTallies
  #lastMillis = performance.now()
  readonly #startMillis = performance.now()

  constructor(options: ReportOptions) {
    this.#options = options
    this.#heard = new SampleGate(options.quiet ? 0 : undefined)
    this.#refused = new SampleGate(options.quiet ? 0 : undefined)
    this.#lastTallies = options.totals.tallies()
  }

  start(port: number, memberships: readonly GroupMembership[]): void {
    const places = memberships.map((each) => `${each.group} on ${each.interface}`)
    const data = { port, memberships: [...memberships] }
    this.#tell({ event: 'start', data }, `listening to ${places.join(', ') || 'nothing yet'}`)
  }

  accepted(source: Source): void {
    if (!this.#heard.admits()) return
    const data = {
      source: source.address,
      port: source.last.port,
      verdict: 'accept' as const,
      reason: null,
      ...clockReading(source.last.packet, source.measurement),
    }
    this.#tell({ event: 'sample', data }, describeSource(source))
  }

  refused({ address, port }: Sender, reason: string, packet: NtpPacket | null): void {
    if (!this.#refused.admits()) {
      this.#withheld.set(reason, (this.#withheld.get(reason) ?? 0) + 1)
      return
    }
    const reading = packet === null ? noReading : clockReading(packet, null)
    const data = { source: address, port, verdict: 'refuse' as const, reason, ...reading }
    this.#tell({ event: 'sample', data }, `refused from ${address}: ${reason}`)
  }

  /** Once a second. */
  endSecond(): void {
    const heardTooMany = this.#heard.endSecond()
    const refusedTooMany = this.#refused.endSecond()
    if (!heardTooMany && !refusedTooMany) return
    const data = this.#takeInterval()
    const { received } = data
    const withheld = [...this.#withheld].map(([reason, count]) => `${reason} ${count}`)
    this.#withheld.clear()
    const refused = withheld.length === 0 ? '' : `, refused more: ${withheld.join(', ')}`
    this.#tell({ event: 'interval', data }, `${received} accepted${refused}`)
  }

  end(): void {
    const { totals } = this.#options
    const durationMillis = toMicro(performance.now() - this.#startMillis)
    const data = { durationMillis, ...totals.tallies(), sources: this.#sources() }
    const sources = data.sources.map(({ source, state, offsetMicros, uncertaintyMicros }) =>
      [`${source} ${state}`, withinMicros(offsetMicros, uncertaintyMicros)].join(' '),
    )
    const text = `${data.received} accepted, ${totals.refused} refused`
    this.#tell({ event: 'end', data }, [text, ...sources].join('; '))
  }

  #takeInterval() {
    const tallies = this.#options.totals.tallies()
    const last = this.#lastTallies
    const nowMillis = performance.now()
    const durationMillis = toMicro(nowMillis - this.#lastMillis)
    this.#lastTallies = tallies
    this.#lastMillis = nowMillis
    const difference = {
      sent: tallies.sent - last.sent,
      received: tallies.received - last.received,
      lost: tallies.lost - last.lost,
      duplicated: tallies.duplicated - last.duplicated,
      reordered: tallies.reordered - last.reordered,
      malformed: tallies.malformed - last.malformed,
    }
    return { durationMillis, ...difference, sources: this.#sources() }
  }

  #sources(): SourceData[] {
    return Iterator.from(this.#options.sources()).take(SOURCES_SHOWN).map(sourceData).toArray()
  }

  #tell(told: SntpObserveEvent, text: string): void {
    const { event, data } = told
    this.#options.log.info({ event, data }, text)
  }
}

function sourceData(source: Source): SourceData {
  const { address, last, state, accepted, estimate, jitterMicros } = source
  return {
    source: address,
    port: last.port,
    state,
    ...clockReading(last.packet, source.measurement),
    delayMicros: estimate.measuredDelay === null ? null : micros(estimate.measuredDelay),
    jitterMicros,
    lastHeard: new Date(Number(last.receivedAt / 1_000_000n)).toISOString(),
    accepted,
    refused: Object.fromEntries(source.refused),
  }
}

/** `offset +12 µs ± 60 µs from 192.0.2.7 stratum 10 reference LOCL delay 60 µs jitter 5 µs` */
function describeSource(source: Source): string {
  const { address, last, measurement, estimate, jitterMicros } = source
  const delay = estimate.measuredDelay
  const words = [describeClock(last.packet, measurement, address)]
  if (delay !== null) words.push(`delay ${formatMicros(micros(delay))}`)
  else if (measurement !== null) words.push('delay assumed')
  if (jitterMicros !== null) words.push(`jitter ${formatMicros(jitterMicros)}`)
  return words.join(' ')
}

function withinMicros(offset: number | null, uncertainty: number | null): string {
  if (offset === null || uncertainty === null) return ''
  return `${signedMicros(offset)} ± ${formatMicros(uncertainty)}`
}
