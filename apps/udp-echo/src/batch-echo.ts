import type { NativeSocket } from '@sockyard/posix/native-socket'
import { ReceiveBatch } from '@sockyard/posix/receive-batch'
import { type OnRefused, SendBatch } from '@sockyard/posix/send-batch'
import { DatagramAccess } from '@sockyard/service/datagram-access'
import { DatagramRates } from '@sockyard/service/datagram-rates'
import { DatagramRules } from '@sockyard/service/datagram-rules'
import { SharedTally } from '@sockyard/service/shared-tally'

import { type BatchRules, batchVerdictOf } from './batch-verdict.ts'
import { isTold } from './refusal-log.ts'
import { VerdictNumbers } from './verdict-numbers.ts'
import type { Verdict } from './verdict.ts'

/** What one socket of the batch engine is echoed by; it may go to another thread. */
export interface BatchEchoData {
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

/** What it tells of a datagram that is not answered; `source` is the address, 4 or 16 bytes. */
export interface PostedRefusal {
  source: Uint8Array
  port: number
  scope: number
  bytes: number
  reason: Verdict
}

/** Judges the datagrams that a socket has received in one call, and answers them with one call. */
export class BatchEcho {
  readonly received = new ReceiveBatch()
  readonly #socket: NativeSocket
  readonly #data: BatchEchoData
  readonly #tell: (refusal: PostedRefusal) => void
  readonly #replies = new SendBatch()
  readonly #numbers: VerdictNumbers
  readonly #tally: SharedTally
  readonly #rules: BatchRules

  /** @param tell gets what the log shall say */
  constructor(socket: NativeSocket, data: BatchEchoData, tell: (refusal: PostedRefusal) => void) {
    this.#socket = socket
    this.#data = data
    this.#tell = tell
    this.#numbers = new VerdictNumbers(data.verdicts)
    this.#tally = new SharedTally(undefined, data.tally)
    this.#rules = {
      rules: new DatagramRules(data.port, performance.now()),
      access: new DatagramAccess(data),
      rates: new DatagramRates(data),
    }
  }

  /** Answers what `received` holds now. */
  answer(): void {
    const { received } = this
    const nowMillis = performance.now()
    this.#rules.rules.refresh(nowMillis)
    let bytes = 0
    for (let index = 0; index < received.count; index += 1) bytes += this.#judge(index, nowMillis)
    this.#tally.countReceived(received.count, bytes)
    this.#replies.send(this.#socket, this.#onRefused)
    this.#tally.countSent(this.#replies.sent, this.#replies.sentBytes)
  }

  close(): void {
    this.received.close()
    this.#replies.close()
  }

  /** @returns its bytes */
  #judge(index: number, nowMillis: number): number {
    const verdict = batchVerdictOf(this.received, index, this.#rules, nowMillis)
    this.#numbers.count(verdict)
    if (verdict === 'answered') this.#replies.reply(this.received, index)
    else this.#refuse(index, verdict)
    return this.received.length(index)
  }

  #refuse(index: number, reason: Verdict): void {
    if (!this.#data.tells || !isTold(this.#data.refused)) return
    const { received } = this
    const { bytes: source, scope = 0 } = received.source(index) ?? { bytes: new Uint8Array(4) }
    const from = { source, scope, port: received.sourcePort(index) }
    this.#tell({ ...from, bytes: received.length(index), reason })
  }

  readonly #onRefused: OnRefused = (code, datagrams) => this.#tally.countUnsent(code, datagrams)
}
