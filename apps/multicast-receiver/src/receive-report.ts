import { SampleGate } from '@sockyard/probe/sample-gate'
import { toMicro } from '@sockyard/probe/to-micro'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'
import type { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { Logger } from '@sockyard/service/log'

import type { FlowSums, FlowTable } from './flow-table.ts'
import type { FlowReport, FlowCounts } from './flow.ts'
import { endText, intervalText, startText } from './receive-texts.ts'
import type { Sample } from './sample.ts'

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

/** Forged senders make any number of flows; the sums hold them all. */
const FLOWS_IN_INTERVAL = 10

/** What came, told in the log: each datagram while they are few, else one line a second. */
export class ReceiveReport {
  readonly #options: ReceiveReportOptions
  readonly #gate: SampleGate
  /** What came before the start was told. */
  readonly #early: Sample[] = []
  #begin = 0
  #last = 0
  #lastDrops = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReceiveReportOptions) {
    this.#options = options
    this.#gate = options.quiet ? new SampleGate(0) : new SampleGate()
  }

  start(data: Data<'start'>): void {
    this.#begin = performance.now()
    this.#last = this.#begin
    this.#timer = setInterval(() => void this.#interval(), 1_000)
    this.#options.log.info({ event: 'start', data }, startText(data))
    for (const sample of this.#early.splice(0)) this.#tell(sample)
  }

  /** Asked for each datagram: whether it is told by itself. */
  admits(): boolean {
    return this.#gate.admits()
  }

  sample(sample: Sample): void {
    if (this.#timer === undefined) this.#early.push(sample)
    else this.#tell(sample)
  }

  /** Tells the end, if there was a start; nothing is told after it. */
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

  #tell({ data, text }: Sample): void {
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
