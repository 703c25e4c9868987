import { limitLog, type LimitedLog } from '@sockyard/net/log'
import type { TrafficReport } from '@sockyard/net/peers'
import { AssociationError, type Endpoint, type Message, type Notification } from '@sockyard/sctp'
import type { Logger } from '@sockyard/service/log'

import { toEvent } from '../association-events.ts'
import type { ServeOptions } from '../config.ts'
import { AssociationRegistry, noTraffic } from './association-registry.ts'
import { count, type ServerCounters } from './server-metrics.ts'

interface EchoServiceOptions {
  options: ServeOptions
  log: Logger
  counters: ServerCounters
}

/** An idle peer that does not answer our SHUTDOWN is aborted after so long. */
const SHUTDOWN_MILLIS = 5000

/** Echoes on an open endpoint, and logs associations. */
export class EchoService {
  readonly endpoint: Endpoint
  readonly #options: ServeOptions
  readonly #counters: ServerCounters
  readonly #log: LimitedLog
  readonly #trace: Logger
  readonly #associations: AssociationRegistry
  readonly #subscribed: ReadonlySet<string>
  readonly #idleTimer: NodeJS.Timeout

  constructor(endpoint: Endpoint, { options, log, counters }: EchoServiceOptions) {
    this.endpoint = endpoint
    this.#options = options
    this.#counters = counters
    this.#log = limitLog(log)
    this.#trace = log
    this.#subscribed = new Set(options.events)
    const { maxConnections: total, maxConnectionsPerAddress: perAddress, idleTimeout } = options
    this.#associations = new AssociationRegistry({ total, perAddress })
    endpoint.on('message', (message) => this.#echo(message))
    endpoint.on('notification', (notification) => this.#onNotification(notification))
    this.#idleTimer = setInterval(() => this.#shutDownIdle(), Math.min(1000, idleTimeout / 4))
  }

  get associations(): number {
    return this.#associations.size
  }

  /** As GET /peers of the admin endpoint tells it. */
  traffic(): TrafficReport {
    const { messages, bytes } = this.#counters
    const total = {
      received: messages.received,
      receivedBytes: bytes.received,
      sent: messages.sent,
      sentBytes: bytes.sent,
    }
    const peers = this.#associations.peers(this.endpoint.address())
    return { peers, total, memberships: [] }
  }

  /** Shuts all associations down: what was echoed arrives, unless `drained` is aborted before. */
  async stop(drained: AbortSignal): Promise<void> {
    clearInterval(this.#idleTimer)
    await this.endpoint.close(drained)
  }

  /** The loop of the classic program: a message goes back with its payload protocol identifier and its flags. */
  #echo(message: Message): void {
    const served = this.#associations.find(message.association)
    if (served === undefined) return
    served.lastActivityAt = performance.now()
    this.#counters.messages.received += 1
    this.#counters.bytes.received += message.data.length
    served.traffic.received += 1
    served.traffic.receivedBytes += message.data.length
    served.traffic.last = Date.now()
    if (this.#subscribed.has('data-io')) this.#logMessage(message)
    const stream = echoStream(message.stream, Number(this.#options.streamIncrement), served.streams)
    if (this.#send({ ...message, stream })) {
      served.traffic.sent += 1
      served.traffic.sentBytes += message.data.length
    }
  }

  /** @returns false when it is not sent */
  #send({ association, stream, unordered, protocolId, data }: Message): boolean {
    try {
      const hasRoom = this.endpoint.send({ association, stream, unordered, protocolId, data })
      this.#counters.messages.sent += 1
      this.#counters.bytes.sent += data.length
      // The peer does not read its echoes: it is not read from either.
      if (!hasRoom) this.endpoint.pause(association)
      return true
    } catch (error) {
      // It has ended meanwhile, and an association has no half that stays open.
      if (!(error instanceof AssociationError)) throw error
      this.#counters.unsent += 1
      return false
    }
  }

  /** At trace level every message, however many; otherwise as many as a log can bear. */
  #logMessage({ data, ...place }: Message): void {
    const facts = { ...place, bytes: data.length }
    if (this.#trace.isLevelEnabled('trace')) this.#trace.trace(facts, 'message')
    else this.#log.info(facts, 'message')
  }

  #onNotification(notification: Notification): void {
    const { association } = notification
    const event = toEvent(notification)
    if (event !== undefined && this.#subscribed.has(event.kind))
      this.#log.info({ association, ...event.facts }, event.message)
    switch (notification.type) {
      case 'association-up':
        return this.#accept(notification)
      case 'association-lost':
        return this.#release(association, 'lost')
      case 'shutdown-complete':
        return this.#release(association, 'shutdown')
      case 'drain':
        return this.#resume(association)
      case 'send-failed':
        this.#counters.unsent += 1
        return undefined
      case 'shutdown':
      case 'peer-address':
      case 'path-mtu':
      case 'remote-error':
        break
    }
  }

  #accept(notification: Extract<Notification, { type: 'association-up' }>): void {
    const {
      association: id,
      peer,
      peerPort: port,
      outboundStreams: streams,
      restarted,
    } = notification
    const { address } = peer
    const refusal = this.#associations.enter({
      id,
      address,
      port,
      streams,
      lastActivityAt: performance.now(),
      traffic: noTraffic(),
    })
    if (refusal === undefined) {
      if (!restarted) this.#counters.accepted += 1
      return
    }
    count(this.#counters.refused, refusal)
    this.#log.info({ address, reason: refusal }, 'refused')
    this.endpoint.abort(id, refusal)
  }

  #release(association: number, how: 'lost' | 'shutdown'): void {
    if (this.#associations.find(association) === undefined) return
    count(this.#counters.ended, how)
    this.#associations.leave(association)
  }

  #resume(association: number): void {
    const served = this.#associations.find(association)
    if (served !== undefined) served.lastActivityAt = performance.now()
    this.endpoint.resume(association)
  }

  #shutDownIdle(): void {
    const idle = this.#associations.idleSince(performance.now() - this.#options.idleTimeout)
    for (const served of idle) {
      served.lastActivityAt = Number.POSITIVE_INFINITY
      this.#counters.idle += 1
      this.#log.info({ association: served.id, address: served.address }, 'idle')
      this.endpoint
        .shutdown(served.id, AbortSignal.timeout(SHUTDOWN_MILLIS))
        .catch(() => this.endpoint.abort(served.id, 'idle'))
    }
  }
}

/**
 * The stream an echo goes out on: `sri.sinfo_stream++` in the classic program, back to 0 at the number of streams. Where
 * the peer sends on more streams than it takes, what came on one of those beyond goes round as well.
 *
 * @param increment 0: the same stream; 1: the next one
 * @param streams the number of streams towards the peer
 */
export function echoStream(stream: number, increment: number, streams: number): number {
  return (stream + increment) % streams
}
