import { ReceiveBatch } from '@sockyard/posix/receive-batch'
import { type OnRefused, SendBatch } from '@sockyard/posix/send-batch'
import { DatagramAccess } from '@sockyard/service/datagram-access'
import { DatagramRates } from '@sockyard/service/datagram-rates'
import { DatagramRules } from '@sockyard/service/datagram-rules'
import { runDatagramThread } from '@sockyard/service/run-datagram-thread'
import { SharedTally } from '@sockyard/service/shared-tally'

import { type BatchRules, batchVerdictOf } from './batch-verdict.ts'
import { isTold } from './refusal-log.ts'
import { VerdictNumbers } from './verdict-numbers.ts'
import type { Verdict } from './verdict.ts'

/** What a thread of the batch engine is given. */
export interface BatchThreadData {
  port: number
  perSecond: number
  maximumSources: number
  allow: readonly string[]
  deny: readonly string[]
  /** Where it counts, for whoever exports it. */
  verdicts: Float64Array<SharedArrayBuffer>
  tally: Float64Array<SharedArrayBuffer>
  refused: Int32Array
  /** Whether the log wants to know what is not answered. */
  tells: boolean
}

/** What it posts of a datagram that is not answered; `source` is the address, 4 or 16 bytes. */
export interface PostedRefusal {
  source: Uint8Array
  port: number
  scope: number
  bytes: number
  reason: Verdict
}

runDatagramThread((socket, data, post) => {
  const { port, tells, refused, verdicts, tally: shared, ...limits } = data as BatchThreadData
  const received = new ReceiveBatch()
  const replies = new SendBatch()
  const numbers = new VerdictNumbers(verdicts)
  const tally = new SharedTally(undefined, shared)
  const rules: BatchRules = {
    rules: new DatagramRules(port, performance.now()),
    access: new DatagramAccess(limits),
    rates: new DatagramRates(limits),
  }
  const onRefused: OnRefused = (code, datagrams) => tally.countUnsent(code, datagrams)

  const tell = (index: number, reason: Verdict): void => {
    if (!tells || !isTold(refused)) return
    const { bytes: source, scope = 0 } = received.source(index) ?? { bytes: new Uint8Array(4) }
    const refusal = { source, scope, port: received.sourcePort(index), reason }
    post({ ...refusal, bytes: received.length(index) } satisfies PostedRefusal)
  }

  /** @returns its bytes */
  const judge = (index: number, nowMillis: number): number => {
    const verdict = batchVerdictOf(received, index, rules, nowMillis)
    numbers.count(verdict)
    if (verdict === 'answered') replies.reply(received, index)
    else tell(index, verdict)
    return received.length(index)
  }

  const onBatch = (): void => {
    const nowMillis = performance.now()
    rules.rules.refresh(nowMillis)
    let bytes = 0
    for (let index = 0; index < received.count; index += 1) bytes += judge(index, nowMillis)
    tally.countReceived(received.count, bytes)
    replies.send(socket, onRefused)
    tally.countSent(replies.sent, replies.sentBytes)
  }
  return { batch: () => received, onBatch }
})
