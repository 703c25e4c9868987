import { failureOf, type NetworkError } from '@sockyard/net/errors'
import { SampleGate } from '@sockyard/probe/pacing'
import { toMicro } from '@sockyard/probe/statistics'
import { decodeMulticastDatagram, describePayload } from '@sockyard/protocol/multicast'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'
import type { Logger } from '@sockyard/service/log'

import type { Datagram } from './datagram.ts'
import type { FlowObserver } from './flow-observer.ts'
import type { FlowSums, FlowTable } from './flow-table.ts'
import type { FlowReport, FlowCounts } from './flow.ts'
import { endText, intervalText, sampleText, startText } from './texts.ts'

type Data<Name extends MulticastReceiveEvent['event']> = Extract<
  MulticastReceiveEvent,
  { event: Name }
>['data']

interface ReceiveReportOptions {
  port: number
  /** A line a second at most. */
  quiet: boolean
  flows: FlowTable
  log: Logger
  /** How many datagrams the kernel dropped so far. */
  kernelDrops: () => Promise<number>
  /** Gets what came in each second. */
  onInterval: (byGroup: ReadonlyMap<string, FlowCounts>) => void
}

/** One datagram as a log line shows it. */
interface Sample {
  data: Data<'sample'>
  text: string
}

/** Forged senders make any number of flows; the sums hold them all. */
const FLOWS_IN_INTERVAL = 10

/** Logs received datagrams: each one while they are few, else one line a second. */
export class ReceiveReport {
  readonly #options: ReceiveReportOptions
  readonly #gate: SampleGate
  /** Datagrams received before the start line was logged. */
  readonly #early: Sample[] = []
  #begin = 0
  #last = 0
  #lastDrops = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReceiveReportOptions) {
    this.#options = options
    this.#gate = options.quiet ? new SampleGate(0) : new SampleGate()
  }

  /** @param why the engine was chosen */
  start(data: Data<'start'>, why: string): void {
    this.#begin = performance.now()
    this.#last = this.#begin
    this.#timer = setInterval(() => void this.#interval(), 1_000)
    this.#options.log.info({ event: 'start', data }, startText(data, why))
    for (const sample of this.#early.splice(0)) this.#write(sample)
  }

  /** Whether this datagram gets a line of its own. */
  admits(): boolean {
    return this.#gate.admits()
  }

  sample(sample: Sample): void {
    if (this.#timer === undefined) this.#early.push(sample)
    else this.#write(sample)
  }

  /** Logs the end, if there was a start; nothing is logged after it. */
  async end(error?: NetworkError): Promise<void> {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    const { flows, kernelDrops, log } = this.#options
    const drops = await kernelDrops()
    const all = this.#measured(flows.total(), performance.now() - this.#begin, drops)
    const data = error === undefined ? all : { ...all, error: failureOf(error) }
    log.info({ event: 'end', data }, endText(data))
  }

  async #interval(): Promise<void> {
    const { flows, kernelDrops, onInterval, log } = this.#options
    const drops = await kernelDrops()
    if (this.#timer === undefined) return
    const now = performance.now()
    const sums = flows.takeInterval()
    const dropped = drops - this.#lastDrops
    const data = this.#measured(sums, now - this.#last, dropped, FLOWS_IN_INTERVAL)
    this.#last = now
    this.#lastDrops = drops
    onInterval(sums.byGroup)
    if (this.#gate.endSecond())
      log.info({ event: 'interval', data }, intervalText(data, sums.flows.length))
  }

  #write({ data, text }: Sample): void {
    this.#options.log.info({ event: 'sample', data }, text)
  }

  #measured(sums: FlowSums, millis: number, kernelDrops: number, most?: number) {
    const { port } = this.#options
    const withPort = ({ group, ...rest }: FlowReport) => ({ group, port, ...rest })
    return {
      durationMillis: toMicro(millis),
      kernelDrops,
      sent: sums.counts.received + sums.counts.lost,
      ...sums.counts,
      flows: sums.flows.slice(0, most).map(withPort),
    }
  }
}

/** Null above 2^53 - 1: a number that JSON readers would round says nothing. */
function exactNumber(value: bigint): number | null {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : null
}

/** @param observer those that this datagram was the last of */
export function sampleOf(datagram: Datagram, observer: FlowObserver, port: number): Sample {
  const bytes = datagram.bytes()
  const read = decodeMulticastDatagram(bytes)
  const payload = read.ok ? read.value.payload : bytes
  const data = {
    group: datagram.group,
    port,
    source: datagram.source().text,
    sourcePort: datagram.sourcePort,
    interface: datagram.interface,
    ttl: datagram.ttl ?? null,
    kernelDrops: datagram.kernelDrops ?? null,
    sender: read.ok ? read.value.sender : null,
    sequence: read.ok ? exactNumber(read.value.sequence) : null,
    sizeBytes: bytes.length,
    delayMicros: observer.delayMicros ?? null,
    text: describePayload(payload),
  }
  const isPadding = read.ok && payload.every((byte) => byte === 0)
  return { data, text: sampleText(data, observer.kind, isPadding) }
}
