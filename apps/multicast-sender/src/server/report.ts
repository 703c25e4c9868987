import { formatAddress } from '@sockyard/net/address'
import { failureOf, type NetworkError } from '@sockyard/net/errors'
import { SampleGate } from '@sockyard/probe/pacing'
import { formatBitRate, formatDuration } from '@sockyard/probe/report'
import { toMicro } from '@sockyard/probe/statistics'
import type { MulticastSendEvent } from '@sockyard/protocol/results'
import type { Logger } from '@sockyard/service/log'

import type { Datagrams } from './group-sender.ts'

type Data<Name extends MulticastSendEvent['event']> = Extract<
  MulticastSendEvent,
  { event: Name }
>['data']

interface SendReportOptions {
  port: number
  /** A line a second at most. */
  quiet: boolean
  log: Logger
}

/** Logs sent datagrams: each one while they are few and are sent, else one line a second. */
export class SendReport {
  readonly #port: number
  readonly #log: Logger
  readonly #gate: SampleGate
  readonly #total = { sent: 0, sentBytes: 0, dropped: 0 }
  #began = 0
  #before = { ...this.#total, at: 0 }
  #timer: NodeJS.Timeout | undefined

  constructor({ port, quiet, log }: SendReportOptions) {
    this.#port = port
    this.#log = log
    this.#gate = quiet ? new SampleGate(0) : new SampleGate()
  }

  /** @param why the engine was chosen */
  start(data: Data<'start'>, why: string): void {
    this.#began = performance.now()
    this.#before.at = this.#began
    this.#timer = setInterval(() => this.#interval(), 1_000)
    this.#log.info({ event: 'start', data }, startText(data, why))
  }

  sent({ group, first, count, sizeBytes }: Datagrams): void {
    this.#total.sent += count
    this.#total.sentBytes += count * sizeBytes
    for (let sequence = first; sequence < first + count; sequence += 1) {
      if (!this.#gate.admits()) continue
      const data = { group, port: this.#port, sequence, sizeBytes }
      this.#log.info({ event: 'sample', data }, sampleText(data))
    }
  }

  dropped(count: number): void {
    this.#total.dropped += count
  }

  /** Logs the end; nothing is logged after it. */
  end(error?: NetworkError): void {
    clearInterval(this.#timer)
    const measured = { durationMillis: toMicro(performance.now() - this.#began), ...this.#total }
    const data = error === undefined ? measured : { ...measured, error: failureOf(error) }
    this.#log.info({ event: 'end', data }, endText(data))
  }

  #interval(): void {
    const now = { ...this.#total, at: performance.now() }
    const data = {
      durationMillis: toMicro(now.at - this.#before.at),
      sent: now.sent - this.#before.sent,
      sentBytes: now.sentBytes - this.#before.sentBytes,
      dropped: now.dropped - this.#before.dropped,
    }
    this.#before = now
    const due = this.#gate.endSecond()
    if (due || data.dropped > 0) this.#log.info({ event: 'interval', data }, intervalText(data))
  }
}

/** What is in force, in one line. */
function startText(data: Data<'start'>, why: string): string {
  const { groups, engine, count, sizeBytes } = data
  return [
    `sender ${data.sender} to ${groups.map((each) => groupText(each, data)).join(' and ')}`,
    `engine ${engine} (${why})`,
    count === null ? [] : `${count} ${count === 1 ? 'datagram' : 'datagrams'}`,
    data.intervalMillis === null ? 'each line' : `every ${formatDuration(data.intervalMillis)}`,
    sizeBytes === null ? [] : `${sizeBytes} B`,
  ]
    .flat()
    .join(', ')
}

/** With the options as the kernel has them; where it cannot be asked, as they were asked for. */
function groupText(to: Data<'start'>['groups'][number], asked: Data<'start'>): string {
  const { group, port, options } = to
  const known =
    options === null
      ? [asked.interface ?? [], `TTL ${asked.ttl}`, `loopback ${shown(asked.loopback)}`].flat()
      : Object.entries(options).map(([name, value]) => `${name} ${shown(value)}`)
  return `${formatAddress(group, port)} (${known.join(', ')})`
}

function shown(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
}

function sampleText({ group, port, sequence, sizeBytes }: Data<'sample'>): string {
  return `sent to ${formatAddress(group, port)} sequence=${sequence} ${sizeBytes} B`
}

function intervalText(data: Data<'interval'>): string {
  const rate = formatBitRate((data.sentBytes * 1_000) / data.durationMillis)
  return `${counted(data)} (${rate})`
}

function endText(data: Data<'end'>): string {
  const error = data.error === undefined ? '' : `: ${data.error.message}`
  return `${counted(data)}${error}`
}

function counted({ sent, sentBytes, dropped, durationMillis }: Data<'interval'>): string {
  return `sent ${sent} (${sentBytes} B)  dropped ${dropped}  in ${formatDuration(durationMillis)}`
}
