import type { Writable } from 'node:stream'

import { toMicro } from '@sockyard/probe/to-micro'
import type { Message, Notification } from '@sockyard/sctp/core/notification'
import type { CommandContext } from '@sockyard/service/command'
import type { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'

import { toEvent } from './association-events.ts'
import type { ClientAssociation } from './client-association.ts'
import type { SendOptions } from './config.ts'
import type { ConversationCounts } from './conversation.ts'
import { createSendReporter, eventSample, messageSample, type SendReporter } from './send-report.ts'

const INTERVAL_MILLIS = 1000

interface SendDisplayOptions {
  /** As the user named it. */
  host: string
  sizeBytes: number | undefined
  counts: Readonly<ConversationCounts>
}

/** Shows a conversation as it happens, and holds the peer back while nobody reads what is shown. */
export class SendDisplay {
  readonly #options: SendDisplayOptions
  readonly #reporter: SendReporter
  readonly #stdout: Writable
  readonly #quiet: boolean
  readonly #subscribed: ReadonlySet<string>
  #association: ClientAssociation | undefined
  #timer: NodeJS.Timeout | undefined
  #upAt = performance.now()
  #before: ConversationCounts & { at: number } = { sent: 0, received: 0, sendFailed: 0, at: 0 }

  constructor(context: CommandContext<SendOptions>, options: SendDisplayOptions) {
    const { stdout, isTerminal } = context
    const { json, quiet, events } = context.options
    this.#options = options
    this.#stdout = stdout
    this.#quiet = quiet
    this.#subscribed = new Set(events)
    const write = (text: string): void => this.#write(text)
    this.#reporter = createSendReporter({ write, json, isTerminal, quiet })
  }

  /** From now on the peer can be held back. */
  attach(association: ClientAssociation): void {
    this.#association = association
    if (this.#stdout.writableNeedDrain) this.#hold()
  }

  #write(text: string): void {
    if (!this.#stdout.write(text)) this.#hold()
  }

  #hold(): void {
    const association = this.#association
    if (association === undefined || this.#stdout.listenerCount('drain') > 0) return
    association.endpoint.pause(association.id)
    this.#stdout.once('drain', () => association.endpoint.resume(association.id))
  }

  message(message: Message): void {
    if (!this.#quiet) this.#reporter.sample(messageSample(message, this.#atMillis()))
  }

  notification(notification: Notification): void {
    if (notification.type === 'association-up' && !notification.restarted) this.#start(notification)
    const event = toEvent(notification)
    if (event !== undefined && this.#subscribed.has(event.kind))
      this.#reporter.sample(eventSample(event, this.#atMillis()))
  }

  #start(up: Extract<Notification, { type: 'association-up' }>): void {
    const { host, sizeBytes = null } = this.#options
    const { peer, peerPort: port, outboundStreams, inboundStreams } = up
    const { address, port: udpPort } = peer
    const streams = { outboundStreams, inboundStreams }
    this.#upAt = performance.now()
    this.#before.at = this.#upAt
    this.#reporter.start({ host, address, port, udpPort, ...streams, sizeBytes })
    if (this.#quiet) this.#timer = setInterval(() => this.#interval(), INTERVAL_MILLIS)
  }

  #atMillis(): number {
    return toMicro(performance.now() - this.#upAt)
  }

  #interval(): void {
    const { sent, received, sendFailed } = this.#options.counts
    const at = performance.now()
    this.#reporter.interval({
      durationMillis: toMicro(at - this.#before.at),
      sent: sent - this.#before.sent,
      received: received - this.#before.received,
      sendFailed: sendFailed - this.#before.sendFailed,
    })
    this.#before = { sent, received, sendFailed, at }
  }

  /** The last line. */
  end(failure: NetworkError | undefined): void {
    clearInterval(this.#timer)
    const error = failure && { error: failureOf(failure) }
    this.#reporter.end({ durationMillis: this.#atMillis(), ...this.#options.counts, ...error })
  }
}
