import { SampleGate } from '@sockyard/probe/sample-gate'
import { toMicro } from '@sockyard/probe/to-micro'
import type { MulticastSendEvent } from '@sockyard/protocol/results'
import type { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'
import type { Logger } from '@sockyard/service/log'

import type { Datagrams } from './group-sender.ts'
import { endText, intervalText, sampleText, startText } from './send-texts.ts'

type StartData = Extract<MulticastSendEvent, { event: 'start' }>['data']

interface SendReportOptions {
  port: number
  /** A line a second at most. */
  quiet: boolean
  log: Logger
}

/** What was sent, told in the log: each datagram while they are few and go out, else one line a second. */
export interface SendReport {
  start: (data: StartData) => void
  sent: (datagrams: Datagrams) => void
  dropped: (count: number) => void
  /** Tells the end; nothing is told after it. */
  end: (error?: NetworkError) => void
}

export function createSendReport({ port, quiet, log }: SendReportOptions): SendReport {
  const gate = quiet ? new SampleGate(0) : new SampleGate()
  const total = { sent: 0, sentBytes: 0, dropped: 0 }
  let begin = 0
  let before = { ...total, at: 0 }
  let timer: NodeJS.Timeout | undefined

  const interval = (): void => {
    const now = { ...total, at: performance.now() }
    const data = {
      durationMillis: toMicro(now.at - before.at),
      sent: now.sent - before.sent,
      sentBytes: now.sentBytes - before.sentBytes,
      dropped: now.dropped - before.dropped,
    }
    before = now
    const due = gate.endSecond()
    if (due || data.dropped > 0) log.info({ event: 'interval', data }, intervalText(data))
  }

  return {
    start(data) {
      begin = performance.now()
      before.at = begin
      timer = setInterval(interval, 1_000)
      log.info({ event: 'start', data }, startText(data))
    },
    sent({ group, first, count, sizeBytes }) {
      total.sent += count
      total.sentBytes += count * sizeBytes
      for (let sequence = first; sequence < first + count; sequence += 1) {
        if (!gate.admits()) continue
        const data = { group, port, sequence: String(sequence), sizeBytes }
        log.info({ event: 'sample', data }, sampleText(data))
      }
    },
    dropped: (count) => void (total.dropped += count),
    end(error) {
      clearInterval(timer)
      const measured = { durationMillis: toMicro(performance.now() - begin), ...total }
      const data = error === undefined ? measured : { ...measured, error: failureOf(error) }
      log.info({ event: 'end', data }, endText(data))
    },
  }
}
