import { SampleGate } from '@sockyard/probe/sample-gate'
import { toMicro } from '@sockyard/probe/to-micro'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'
import type { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { Logger } from '@sockyard/service/log'

import type { Arrival } from './arrival.ts'
import type { FlowSums, FlowTable } from './flow-table.ts'
import type { FlowReport, FlowCounts } from './flow.ts'
import { endText, intervalText, sampleText, startText } from './receive-texts.ts'

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
  /** Gets what came in each second. */
  onInterval: (byGroup: ReadonlyMap<string, FlowCounts>) => void
}

/** What came, told in the log: each datagram while they are few, else one line a second. */
export interface ReceiveReport {
  start: (data: Data<'start'>) => void
  arrived: (arrival: Arrival) => void
  /** Tells the end; nothing is told after it. */
  end: (error?: NetworkError) => void
}

/** Forged senders make any number of flows; the sums hold them all. */
const FLOWS_IN_INTERVAL = 10

export function createReceiveReport(options: ReceiveReportOptions): ReceiveReport {
  const { port, flows, log, onInterval } = options
  const gate = options.quiet ? new SampleGate(0) : new SampleGate()
  let begin = 0
  let last = 0
  let timer: NodeJS.Timeout | undefined

  const interval = (): void => {
    const now = performance.now()
    const sums = flows.takeInterval()
    const data = measured(sums, now - last, port, FLOWS_IN_INTERVAL)
    last = now
    onInterval(sums.byGroup)
    if (gate.endSecond())
      log.info({ event: 'interval', data }, intervalText(data, sums.flows.length))
  }

  return {
    start(data) {
      begin = performance.now()
      last = begin
      timer = setInterval(interval, 1_000)
      log.info({ event: 'start', data }, startText(data))
    },
    arrived(arrival) {
      if (!gate.admits()) return
      const data = sample(arrival, port)
      log.info({ event: 'sample', data }, sampleText(data, arrival))
    },
    end(error) {
      clearInterval(timer)
      const sums = flows.total()
      const all = measured(sums, performance.now() - begin, port)
      const data = error === undefined ? all : { ...all, error: failureOf(error) }
      log.info({ event: 'end', data }, endText(data))
    },
  }
}

function measured(sums: FlowSums, millis: number, port: number, most?: number) {
  const durationMillis = toMicro(millis)
  const withPort = ({ group, ...rest }: FlowReport) => ({ group, port, ...rest })
  const sent = sums.counts.received + sums.counts.lost
  return { durationMillis, sent, ...sums.counts, flows: sums.flows.slice(0, most).map(withPort) }
}

function sample(arrival: Arrival, port: number): Data<'sample'> {
  const { from, datagram, sizeBytes, delayMicros = null } = arrival
  return {
    group: from.group,
    port,
    source: from.address,
    sourcePort: from.port,
    sender: datagram?.sender ?? null,
    sequence: datagram === undefined ? null : String(datagram.sequence),
    sizeBytes,
    delayMicros,
    text: arrival.text(),
  }
}
