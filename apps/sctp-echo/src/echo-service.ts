import { AssociationError } from '@sockyard/sctp/core/errors'
import type { Message, Notification } from '@sockyard/sctp/core/notification'
import type { Endpoint } from '@sockyard/sctp/endpoint'
import { limitLog, type LimitedLog } from '@sockyard/service/limited-log'
import type { Logger } from '@sockyard/service/log'

import { toEvent } from './association-events.ts'
import type { ServeOptions } from './config.ts'
import { echoStream } from './echo-stream.ts'
import { count, type ServerTally } from './server-metrics.ts'
import { Visitors } from './visitors.ts'

interface EchoServiceOptions {
  options: ServeOptions
  log: Logger
  tally: ServerTally
}

/** An idle peer that does not answer our SHUTDOWN is aborted after so long. */
const GOODBYE_MILLIS = 5000

/** Echoes on an open endpoint, and says who comes and goes. */
export class EchoService {
  readonly endpoint: Endpoint
  readonly #options: ServeOptions
  readonly #tally: ServerTally
  readonly #log: LimitedLog
  readonly #trace: Logger
  readonly #visitors: Visitors
  readonly #subscribed: ReadonlySet<string>
  readonly #idleTimer: NodeJS.Timeout

  constructor(endpoint: Endpoint, { options, log, tally }: EchoServiceOptions) {
    this.endpoint = endpoint
    this.#options = options
    this.#tally = tally
    this.#log = limitLog(log)
    this.#trace = log
    this.#subscribed = new Set(options.events)
    const { maxConnections: total, maxConnectionsPerAddress: perAddress, idleTimeout } = options
    this.#visitors = new Visitors({ total, perAddress })
    endpoint.on('message', (message) => this.#echo(message))
    endpoint.on('notification', (notification) => this.#notified(notification))
    this.#idleTimer = setInterval(() => this.#endIdle(), Math.min(1000, idleTimeout / 4))
  }

  get associations(): number {
    return this.#visitors.size
  }

  /** Shuts all associations down: what was echoed arrives, unless `drained` is aborted before. */
  async stop(drained: AbortSignal): Promise<void> {
    clearInterval(this.#idleTimer)
    await this.endpoint.close(drained)
  }

  /** The seed's loop: what came goes back with its payload protocol identifier and its flags. */
  #echo(message: Message): void {
    const visitor = this.#visitors.find(message.association)
    if (visitor === undefined) return
    visitor.movedAt = performance.now()
    this.#tally.messages.received += 1
    this.#tally.bytes.received += message.data.length
    if (this.#subscribed.has('data-io')) this.#tell(message)
    const stream = echoStream(
      message.stream,
      Number(this.#options.streamIncrement),
      visitor.streams,
    )
    this.#send({ ...message, stream })
  }

  #send({ association, stream, unordered, protocolId, data }: Message): void {
    try {
      const hasRoom = this.endpoint.send({ association, stream, unordered, protocolId, data })
      this.#tally.messages.sent += 1
      this.#tally.bytes.sent += data.length
      // The peer does not read its echoes: it is not read from either.
      if (!hasRoom) this.endpoint.pause(association)
    } catch (error) {
      // It has ended meanwhile, and an association has no half that stays open.
      if (!(error instanceof AssociationError)) throw error
      this.#tally.unsent += 1
    }
  }

  /** At trace level every message, however many; otherwise as many as a log can bear. */
  #tell({ data, ...place }: Message): void {
    const facts = { ...place, bytes: data.length }
    if (this.#trace.isLevelEnabled('trace')) this.#trace.trace(facts, 'message')
    else this.#log.info(facts, 'message')
  }

  #notified(notification: Notification): void {
    const { association } = notification
    const event = toEvent(notification)
    if (event !== undefined && this.#subscribed.has(event.kind))
      this.#log.info({ association, ...event.facts }, event.message)
    switch (notification.type) {
      case 'association-up':
        return this.#arrived(notification)
      case 'association-lost':
        return this.#left(association, 'lost')
      case 'shutdown-complete':
        return this.#left(association, 'shutdown')
      case 'drain':
        return this.#goOn(association)
      case 'send-failed':
        this.#tally.unsent += 1
        return undefined
      case 'shutdown':
      case 'peer-address':
      case 'path-mtu':
      case 'remote-error':
        break
    }
  }

  #arrived(notification: Extract<Notification, { type: 'association-up' }>): void {
    const { association: id, peer, outboundStreams: streams, restarted } = notification
    const { address } = peer
    const refusal = this.#visitors.enter({ id, address, streams, movedAt: performance.now() })
    if (refusal === undefined) {
      if (!restarted) this.#tally.accepted += 1
      return
    }
    count(this.#tally.refused, refusal)
    this.#log.info({ address, reason: refusal }, 'refused')
    this.endpoint.abort(id, refusal)
  }

  #left(association: number, how: 'lost' | 'shutdown'): void {
    if (this.#visitors.find(association) === undefined) return
    count(this.#tally.ended, how)
    this.#visitors.leave(association)
  }

  #goOn(association: number): void {
    const visitor = this.#visitors.find(association)
    if (visitor !== undefined) visitor.movedAt = performance.now()
    this.endpoint.resume(association)
  }

  #endIdle(): void {
    const idle = this.#visitors.idleSince(performance.now() - this.#options.idleTimeout)
    for (const visitor of idle) {
      visitor.movedAt = Number.POSITIVE_INFINITY
      this.#tally.idle += 1
      this.#log.info({ association: visitor.id, address: visitor.address }, 'idle')
      this.endpoint
        .shutdown(visitor.id, AbortSignal.timeout(GOODBYE_MILLIS))
        .catch(() => this.endpoint.abort(visitor.id, 'idle'))
    }
  }
}
