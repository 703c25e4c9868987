import { exportCounts } from '@sockyard/service/export-counts'
import type { Registry } from '@sockyard/service/prometheus'

import type { DelayMeter } from './delay-meter.ts'
import type { Refusal } from './observer.ts'

/** What `interval` and `end` hold beside the sources (docs/schemas/sntp-observe.json). */
export interface ObserveTallies {
  sent: number
  received: number
  lost: number
  duplicated: number
  reordered: number
  malformed: number
}

type Verdicts = Record<'accept' | Refusal, number>

/** Counts every datagram under its one verdict, in plain numbers. */
export class ObserveTotals {
  readonly #meter: DelayMeter
  readonly #verdicts: Verdicts = {
    accept: 0,
    'port-zero': 0,
    'low-port': 0,
    'own-port': 0,
    'unspecified-source': 0,
    'multicast-source': 0,
    'broadcast-source': 0,
    denied: 0,
    'not-allowed': 0,
    malformed: 0,
    mode: 0,
    version: 0,
    'crypto-nak': 0,
    'mac-missing': 0,
    'mac-unknown-key': 0,
    'mac-wrong': 0,
    'zero-timestamp': 0,
    'kiss-code': 0,
    'stratum-unspecified': 0,
    'stratum-unsynchronised': 0,
    'leap-unsynchronised': 0,
    'root-distance': 0,
    duplicate: 0,
    replayed: 0,
    step: 0,
  }

  constructor(meter: DelayMeter, metrics: Registry) {
    this.#meter = meter
    exportCounts(metrics, {
      name: 'sockyard_sntp_broadcasts_total',
      help: 'Datagrams received, by whether they were accepted or why not',
      label: 'verdict',
      read: () => Object.entries(this.#verdicts),
    })
    exportCounts(metrics, {
      name: 'sockyard_sntp_requests_total',
      help: 'Requests that measure the delay of a source, and how many of them were answered',
      label: 'outcome',
      read: () => Object.entries({ sent: meter.sent, answered: meter.answered }),
    })
  }

  count(verdict: keyof Verdicts): void {
    this.#verdicts[verdict] += 1
  }

  get refused(): number {
    const all = Object.values(this.#verdicts).reduce((sum, count) => sum + count, 0)
    return all - this.#verdicts.accept
  }

  /** Requests that still wait for an answer count as lost. */
  tallies(): ObserveTallies {
    const { sent, answered } = this.#meter
    const { accept, duplicate, replayed, malformed } = this.#verdicts
    return {
      sent,
      received: accept,
      lost: sent - answered,
      duplicated: duplicate,
      reordered: replayed,
      malformed,
    }
  }
}
