import { setTimeout as sleep } from 'node:timers/promises'

import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  RepublishHeaders,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { type Msg, type NatsConnection, nanos } from '@nats-io/transport-node'

import { type ConnectionOptions, connectToServers } from '../connection/connection.ts'
import { Sequencer } from './sequencer.ts'

/** A message of the stream; `sequence` is its place in the order of all. */
export interface StreamMessage {
  sequence: number
  payload: Uint8Array
}

export interface StreamOptions {
  /** Letters, digits, `-` and `_`. All that open the same stream see the same messages. */
  name: string
  /** So many of the newest messages are delivered first. */
  history: number
  /** In the order of the stream, each once. It must not throw. */
  onMessage: (message: StreamMessage) => void
  /** Whether a server is connected; called at each change. */
  onConnected: (isConnected: boolean) => void
}

/** A publisher that was out of reach for so long may still repeat a message and it is stored once. */
const DUPLICATE_WINDOW_MILLIS = 2 * 3_600_000
const MAXIMUM_AGE_MILLIS = 24 * 3_600_000
const MAXIMUM_BYTES = 1024 ** 3
/** With servers in a cluster: one of them may fail. */
const REPLICAS = 3
const REQUEST_MILLIS = 1_000
/** Sooner repeated than asked in vain: a new leader answers at once. */
const PUBLISH_MILLIS = 500
/** Nothing else tells that the last message was missed. */
const POLL_MILLIS = 1_000
const RETRY_MILLIS = 100
/** Missing messages that are asked for at once. */
const FETCHES = 64
const STREAM_NOT_FOUND = 10_059

/**
 * A stream of messages that all who open it see in one order. What is published comes back like the messages of
 * others. The live messages are those that the server republishes as it stores them; those that were missed (a server
 * or the connection failed) are fetched one by one from any replica, which goes on working where a consumer of the
 * stream would have to be made anew.
 */
export class OrderedStream {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #options: StreamOptions
  readonly #sequencer: Sequencer<StreamMessage>
  readonly #polling: NodeJS.Timeout
  #isFilling = false

  private constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
    options: StreamOptions,
    last: number,
  ) {
    this.#connection = connection
    this.#client = client
    this.#manager = manager
    this.#options = options
    this.#sequencer = new Sequencer(Math.max(1, last - options.history + 1))
    this.#sequencer.exists(last)
    connection.subscribe(liveSubject(options.name), { callback: (_, msg) => this.#onLive(msg) })
    this.#polling = setInterval(() => void this.#poll(), POLL_MILLIS)
    void this.#watchConnection()
  }

  /**
   * Connects, and makes the stream unless it is there; tries until both are done.
   *
   * @throws when the servers refuse the credentials, a file cannot be read, or `signal` is aborted
   */
  static async open(
    connectionOptions: ConnectionOptions,
    options: StreamOptions,
    signal: AbortSignal,
  ): Promise<OrderedStream> {
    const connection = await connectToServers(connectionOptions, signal)
    try {
      const client = jetstream(connection, { timeout: REQUEST_MILLIS })
      const manager = await client.jetstreamManager(false)
      const last = await lastSequence(connection, manager, options.name, signal)
      const stream = new OrderedStream(connection, client, manager, options, last)
      // The server has the subscription, and what was stored before it had is fetched.
      await connection.flush()
      await stream.#poll()
      return stream
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /**
   * Fulfilled once the stream has it for good.
   *
   * @param id the same for each attempt to publish the same message: it is stored once
   * @throws when no server has confirmed that; it may be stored all the same
   */
  async publish(id: string, payload: Uint8Array): Promise<void> {
    const timeout = PUBLISH_MILLIS
    await this.#client.publish(subject(this.#options.name), payload, { msgID: id, timeout })
  }

  /** Receives no more, and disconnects. */
  async close(): Promise<void> {
    clearInterval(this.#polling)
    await this.#connection.close()
  }

  #onLive(msg: Msg): void {
    const sequence = Number(msg.headers?.get(RepublishHeaders.Sequence))
    if (!(sequence > 0)) return
    this.#push({ sequence, payload: msg.data })
    if (this.#sequencer.hasGap) void this.#fill()
  }

  #push(message: StreamMessage): void {
    this.#deliver(this.#sequencer.push(message.sequence, message))
  }

  #deliver(messages: readonly StreamMessage[]): void {
    for (const message of messages) this.#options.onMessage(message)
  }

  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#options.onConnected(false)
      // A server that is about to stop would close the connection later, at a time of its own.
      if (type === 'ldm') await this.#connection.reconnect().catch(() => {})
      if (type !== 'reconnect') continue
      this.#options.onConnected(true)
      void this.#poll()
    }
  }

  async #poll(): Promise<void> {
    try {
      const { state } = await this.#manager.streams.info(this.#options.name)
      this.#sequencer.exists(state.last_seq)
      if (this.#sequencer.next < state.first_seq)
        this.#deliver(this.#sequencer.skipTo(state.first_seq))
      if (this.#sequencer.hasGap) await this.#fill()
    } catch {
      // Out of reach: asked again at the next poll.
    }
  }

  async #fill(): Promise<void> {
    if (this.#isFilling) return
    this.#isFilling = true
    while (this.#sequencer.hasGap && !this.#connection.isClosed()) {
      const missing = this.#sequencer.missing(FETCHES)
      const found = await Promise.all(missing.map((sequence) => this.#fetch(sequence)))
      // The poll tells when one of them exists no more.
      if (found.includes(false)) await sleep(RETRY_MILLIS)
    }
    this.#isFilling = false
  }

  /** @returns whether it was there: the replica that was asked may not have it yet */
  async #fetch(sequence: number): Promise<boolean> {
    try {
      const stored = await this.#manager.direct.getMessage(this.#options.name, { seq: sequence })
      if (stored === null) return false
      this.#push({ sequence, payload: stored.data })
      return true
    } catch {
      return false
    }
  }
}

function subject(name: string): string {
  return `${name}.messages`
}

function liveSubject(name: string): string {
  return `${name}.live`
}

/** The number of the newest message of the stream, which is made unless it is there. */
async function lastSequence(
  connection: NatsConnection,
  manager: JetStreamManager,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted()
    try {
      return (await manager.streams.info(name)).state.last_seq
    } catch (error) {
      const isMissing = error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND
      if (isMissing) await createStream(connection, manager, name).catch(() => {})
      await sleep(RETRY_MILLIS, undefined, { signal })
    }
  }
}

async function createStream(
  connection: NatsConnection,
  manager: JetStreamManager,
  name: string,
): Promise<void> {
  await manager.streams.add({
    name,
    subjects: [subject(name)],
    republish: { src: subject(name), dest: liveSubject(name) },
    allow_direct: true,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: connection.info?.cluster === undefined ? 1 : REPLICAS,
    max_age: nanos(MAXIMUM_AGE_MILLIS),
    max_bytes: MAXIMUM_BYTES,
    duplicate_window: nanos(DUPLICATE_WINDOW_MILLIS),
  })
}
