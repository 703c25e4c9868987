import type { Writable } from 'node:stream'

import { failureOf, type NetworkError } from '@sockyard/net/errors'
import { createReporter, formatDuration, type Reporter } from '@sockyard/probe/report'
import { toMicro } from '@sockyard/probe/statistics'
import type { SctpSendEvent } from '@sockyard/protocol/results'
import type { Message, Notification } from '@sockyard/sctp'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { eventText, toEvent, type AssociationEvent } from '../association-events.ts'
import type { SendOptions } from '../config.ts'
import type { ClientAssociation } from './client-association.ts'
import type { ConversationCounts } from './conversation.ts'
import { messageText } from './lines.ts'

type Data<Name extends SctpSendEvent['event']> = Extract<SctpSendEvent, { event: Name }>['data']

export type SendReporter = Reporter<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>>

/** What `send` shows: each message with its place in its stream, and when it came. */
function createSendReporter(options: {
  write: (text: string) => void
  json: boolean
  isTerminal: boolean
  quiet: boolean
}): SendReporter {
  const { write, json, isTerminal, quiet } = options
  return createReporter({ write, json, live: isTerminal && quiet, texts })
}

const texts = {
  start: ({ host, address, port, udpPort, outboundStreams, inboundStreams }: Data<'start'>) =>
    `send to ${host === address ? '' : `${host} `}${address} port ${port} over sctp in udp ${udpPort}: ` +
    `${outboundStreams} streams out, ${inboundStreams} in`,
  sample: (data: Data<'sample'>) => {
    const at = `${data.elapsedMillis.toFixed(1).padStart(9)} ms`
    if (data.kind !== 'message') return `${at}  * ${eventText(data)}`
    const { stream, sequence, unordered, text } = data
    const place = unordered ? 'unordered' : `seq ${String(sequence).padStart(4)}`
    return `${at}  stream ${String(stream).padStart(2)}  ${place}  ${text}`
  },
  interval: counted,
  end: (data: Data<'end'>) =>
    data.error === undefined ? counted(data) : `${counted(data)}\n${data.error.message}`,
}

function counted({ sent, received, lost, durationMillis }: Data<'interval'>): string {
  const failed = lost === 0 ? '' : `  send failed ${lost}`
  return `sent ${sent}  received ${received}${failed}  in ${formatDuration(durationMillis)}`
}

/** A message as a sample. */
function messageSample(message: Message, elapsedMillis: number): Data<'sample'> {
  const { stream, sequence, tsn, protocolId, unordered, data } = message
  const place = { stream, sequence, tsn, protocolId, unordered }
  return {
    kind: 'message',
    elapsedMillis,
    ...place,
    sizeBytes: data.length,
    text: messageText(data),
  }
}

/** Something that happened to the association, as a sample. */
function eventSample(event: AssociationEvent, elapsedMillis: number): Data<'sample'> {
  return { ...event, elapsedMillis }
}

const INTERVAL_MILLIS = 1000

interface SendDisplayOptions {
  /** As the user named it. */
  host: string
  sizeBytes: number | undefined
  counts: Readonly<ConversationCounts>
}

/** Shows a conversation as it happens, and holds the peer back while the output is not read. */
export class SendDisplay {
  readonly #options: SendDisplayOptions
  readonly #reporter: SendReporter
  readonly #stdout: Writable
  readonly #quiet: boolean
  readonly #subscribed: ReadonlySet<string>
  #association: ClientAssociation | undefined
  #timer: NodeJS.Timeout | undefined
  #upAt = performance.now()
  #before: ConversationCounts & { at: number } = { sent: 0, received: 0, lost: 0, at: 0 }

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
    if (!this.#quiet) this.#reporter.sample(messageSample(message, this.#elapsedMillis()))
  }

  notification(notification: Notification): void {
    if (notification.type === 'association-up' && !notification.restarted) this.#start(notification)
    const event = toEvent(notification)
    if (event !== undefined && this.#subscribed.has(event.kind))
      this.#reporter.sample(eventSample(event, this.#elapsedMillis()))
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

  #elapsedMillis(): number {
    return toMicro(performance.now() - this.#upAt)
  }

  #interval(): void {
    const { sent, received, lost } = this.#options.counts
    const at = performance.now()
    this.#reporter.interval({
      durationMillis: toMicro(at - this.#before.at),
      sent: sent - this.#before.sent,
      received: received - this.#before.received,
      lost: lost - this.#before.lost,
    })
    this.#before = { sent, received, lost, at }
  }

  /** The last line. */
  end(failure: NetworkError | undefined): void {
    clearInterval(this.#timer)
    const error = failure && { error: failureOf(failure) }
    this.#reporter.end({ durationMillis: this.#elapsedMillis(), ...this.#options.counts, ...error })
  }
}
