import { setTimeout as delay } from 'node:timers/promises'

import type { AssociationError, Notification } from '@sockyard/sctp'

import type { ClientAssociation } from './client-association.ts'
import { toMessage, type StreamLine } from './lines.ts'

/** How soon one looks again whether everything has come. */
const POLL_MILLIS = 10

export interface MessageForm {
  /** What shorter messages are filled up to, bytes. */
  sizeBytes: number | undefined
  unordered: boolean
}

/** What is counted of a conversation. */
export interface ConversationCounts {
  sent: number
  received: number
  lost: number
}

/** What was said and what was answered on one association. */
export class Conversation {
  readonly counts: ConversationCounts = { sent: 0, received: 0, lost: 0 }
  readonly #form: MessageForm
  readonly #over = new AbortController()
  #lost: AssociationError | undefined
  #lastAt = performance.now()
  #isFull = false
  #wasRefused = false

  constructor(form: MessageForm) {
    this.#form = form
  }

  /** Aborted once nothing more can be sent: the peer has ended, or is lost. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Why the association is gone, unless it was ended in good order. */
  get lost(): AssociationError | undefined {
    return this.#lost
  }

  /** Whether a line was not sent because it had no stream. */
  get wasRefused(): boolean {
    return this.#wasRefused
  }

  /** A message came. */
  received(): void {
    this.counts.received += 1
    this.#lastAt = performance.now()
  }

  /** Something happened to the association. */
  notified(notification: Notification): void {
    if (notification.type === 'send-failed') this.counts.lost += 1
    if (notification.type === 'drain') this.#isFull = false
    if (notification.type === 'association-lost') this.#lost = notification.error
    if (['association-lost', 'shutdown', 'shutdown-complete'].includes(notification.type))
      this.#over.abort()
  }

  /**
   * Sends one message. An empty line is nothing that SCTP could send.
   *
   * @returns what is wrong with the line, in words
   */
  say(association: ClientAssociation, { stream, text }: StreamLine): string | undefined {
    const { endpoint, id, outboundStreams } = association
    const { sizeBytes, unordered } = this.#form
    if (text === '' || this.over.aborted) return undefined
    this.#wasRefused ||= stream >= outboundStreams
    if (stream >= outboundStreams)
      return `stream ${stream}: must be 0 to ${outboundStreams - 1}; not sent`
    const data = toMessage(text, sizeBytes)
    this.#isFull = !endpoint.send({ association: id, stream, unordered, data })
    this.counts.sent += 1
    this.#lastAt = performance.now()
    return undefined
  }

  /** Waits while the send buffer is full. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#isFull && !signal.aborted) await delay(POLL_MILLIS)
  }

  /** Waits until everything was echoed, nothing has come for `waitMillis`, or `signal` aborts. */
  async answered(waitMillis: number, signal: AbortSignal): Promise<void> {
    const isEchoed = (): boolean => this.counts.sent > 0 && this.counts.received >= this.counts.sent
    const isSilent = (): boolean => performance.now() - this.#lastAt >= waitMillis
    while (!isEchoed() && !isSilent() && !signal.aborted) await delay(POLL_MILLIS)
  }
}
