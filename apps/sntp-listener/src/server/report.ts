import type { GroupMembership } from '@sockyard/net/multicast'
import { SampleGate } from '@sockyard/probe/pacing'
import { formatMicros } from '@sockyard/probe/report'
import { toMicro } from '@sockyard/probe/statistics'
import type { NtpPacket } from '@sockyard/protocol/ntp'
import type { SntpObserveEvent } from '@sockyard/protocol/results'
import type { Logger } from '@sockyard/service/log'

import {
  clockReading,
  describeClock,
  micros,
  noReading,
  signedMicros,
} from '../exchange/reading.ts'
import type { ObserveCounts, ObserveTotals } from './metrics.ts'
import type { Sender } from './observer.ts'
import type { Source } from './source.ts'

type DataOf<Name extends SntpObserveEvent['event']> = Extract<
  SntpObserveEvent,
  { event: Name }
>['data']
type SourceData = DataOf<'end'>['sources'][number]

/** An interval line with thousands of sources would be no line any more. */
const SOURCES_SHOWN = 100

interface ReportOptions {
  readonly log: Logger
  readonly quiet: boolean
  readonly totals: ObserveTotals
  readonly sources: () => Iterable<Source>
}

/** Logs what is observed: each broadcast while there are few, else a line a second. */
export class ObserveReport {
  readonly #options: ReportOptions
  readonly #heard: SampleGate
  /** Of sources that an exchange has confirmed. Apart, so that forgeries from other addresses do not hide them. */
  readonly #confirmed: SampleGate
  /** Apart, so that a flood of forgeries does not hide the real ones. */
  readonly #refused: SampleGate
  readonly #withheld = new Map<string, number>()
  #lastCounts: ObserveCounts
  #lastMillis = performance.now()
  readonly #startMillis = performance.now()

  constructor(options: ReportOptions) {
    this.#options = options
    this.#heard = new SampleGate(options.quiet ? 0 : undefined)
    this.#confirmed = new SampleGate(options.quiet ? 0 : undefined)
    this.#refused = new SampleGate(options.quiet ? 0 : undefined)
    this.#lastCounts = options.totals.counts()
  }

  /** @param engine which one receives, and why */
  start(port: number, memberships: readonly GroupMembership[], engine: string): void {
    const places = memberships.map((each) => `${each.group} on ${each.interface}`)
    const data = { port, memberships: [...memberships] }
    this.#write(
      'start',
      data,
      `listening to ${places.join(', ') || 'nothing yet'}, engine ${engine}`,
    )
  }

  accepted(source: Source): void {
    if (!(source.isConfirmed ? this.#confirmed : this.#heard).admits()) return
    const data = { outcome: 'accepted' as const, reason: null, ...readingOf(source) }
    this.#write('sample', data, describeSource(source))
  }

  refused({ address, port }: Sender, reason: string, packet: NtpPacket | null): void {
    if (!this.#refused.admits()) {
      this.#withheld.set(reason, (this.#withheld.get(reason) ?? 0) + 1)
      return
    }
    const reading = packet === null ? noReading : clockReading(packet, null)
    const from = { source: address, sourcePort: port }
    const unknown = { delayMicros: null, jitterMicros: null }
    const data = { ...from, outcome: 'rejected' as const, reason, ...reading, ...unknown }
    this.#write('sample', data, `rejected from ${address}: ${reason}`)
  }

  /** Once a second. */
  endSecond(): void {
    const gates = [this.#heard, this.#confirmed, this.#refused]
    if (!gates.map((gate) => gate.endSecond()).includes(true)) return
    const data = this.#takeInterval()
    const { received } = data
    const withheld = [...this.#withheld].map(([reason, count]) => `${reason} ${count}`)
    this.#withheld.clear()
    const refused = withheld.length === 0 ? '' : `, rejected more: ${withheld.join(', ')}`
    this.#write('interval', data, `${received} accepted${refused}`)
  }

  end(): void {
    const { totals } = this.#options
    const durationMillis = toMicro(performance.now() - this.#startMillis)
    const data = { durationMillis, ...totals.counts(), sources: this.#sources() }
    const sources = data.sources.map(({ source, state, offsetMicros, uncertaintyMicros }) =>
      [`${source} ${state}`, withinMicros(offsetMicros, uncertaintyMicros)].join(' '),
    )
    const text = `${data.received} accepted, ${totals.rejected} rejected`
    this.#write('end', data, [text, ...sources].join('; '))
  }

  #takeInterval() {
    const counts = this.#options.totals.counts()
    const last = this.#lastCounts
    const nowMillis = performance.now()
    const durationMillis = toMicro(nowMillis - this.#lastMillis)
    this.#lastCounts = counts
    this.#lastMillis = nowMillis
    const difference = {
      received: counts.received - last.received,
      rejected: counts.rejected - last.rejected,
      duplicated: counts.duplicated - last.duplicated,
      reordered: counts.reordered - last.reordered,
      malformed: counts.malformed - last.malformed,
      requests: {
        sent: counts.requests.sent - last.requests.sent,
        received: counts.requests.received - last.requests.received,
        lost: counts.requests.lost - last.requests.lost,
      },
    }
    return { durationMillis, ...difference, sources: this.#sources() }
  }

  #sources(): SourceData[] {
    return Iterator.from(this.#options.sources()).take(SOURCES_SHOWN).map(sourceData).toArray()
  }

  #write<Name extends SntpObserveEvent['event']>(
    event: Name,
    data: DataOf<Name>,
    text: string,
  ): void {
    this.#options.log.info({ event, data }, text)
  }
}

function sourceData(source: Source): SourceData {
  const { last, state, accepted } = source
  return {
    ...readingOf(source),
    state,
    lastHeard: new Date(Number(last.receivedAt / 1_000_000n)).toISOString(),
    accepted,
    rejections: Object.fromEntries(source.refused),
  }
}

/** What its last accepted broadcast said, and how far that can be trusted. */
function readingOf({ address, last, measurement, estimate, jitterMicros }: Source) {
  const { measuredDelay } = estimate
  return {
    source: address,
    sourcePort: last.port,
    ...clockReading(last.packet, measurement),
    delayMicros: measuredDelay === null ? null : micros(measuredDelay),
    jitterMicros,
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
