import { randomUUID } from 'node:crypto'

import { OrderedStream } from '@sockyard/bus/ordered-stream'
import { Outbox, Spool } from '@sockyard/bus/spool'
import { safeText } from '@sockyard/protocol/chat'
import { z } from 'zod'

import type { ServeOptions } from '../config.ts'
import { messages } from '../messages.ts'
import type { Broadcaster } from './broadcaster.ts'
import { encode, type History, type Lines } from './lines.ts'
import type { Member } from './member.ts'
import type { ModeContext } from './mode.ts'

/** The stream in which all nodes put their lines. */
const STREAM = 'sockyard-chat'

/** A line, as it stands in the stream. */
const streamLine = z.object({
  /** Whatever may write to the stream, no terminal is moved by it. */
  line: z.string().transform(safeText),
  /** A member said it: it belongs to the history. */
  isSaid: z.boolean(),
  /** Members of the node it comes from that do not get it, by the numbers of their connections. */
  except: z.array(z.number()),
})
const streamMessage = z.object({ node: z.string(), lines: z.array(streamLine) })

type StreamLine = z.output<typeof streamLine>

/** What the lines of a cluster are delivered to. */
export interface ClusterContext {
  broadcaster: Broadcaster
  history: History
  log: ModeContext['log']
  /** The member of a connection. */
  memberOf: (connectionId: number) => Member | undefined
}

/**
 * The members are clients of several nodes. A line is shown once it has its place in the stream, on every node the
 * same; until then it is in the spool of the node that took it.
 */
export class ClusterLines implements Lines {
  /** Connections of another life of this node have the same numbers. */
  readonly #node = randomUUID()
  readonly #context: ClusterContext
  readonly #spool: Spool
  #stream!: OrderedStream
  #outbox!: Outbox<StreamLine>
  /** Whether lines wait, because the cluster is out of reach. */
  isWaiting = false

  private constructor(options: ServeOptions, context: ClusterContext) {
    this.#context = context
    this.#spool = new Spool(options.spool ?? ':memory:', options.maxSpool)
  }

  /**
   * Fulfilled once this node is part of the cluster.
   *
   * @throws when an address, a file or the credentials are wrong, or `signal` is aborted
   */
  static async open(
    options: ServeOptions,
    context: ClusterContext,
    signal: AbortSignal,
  ): Promise<ClusterLines> {
    const lines = new ClusterLines(options, context)
    await lines.#connect(options, signal)
    return lines
  }

  say(member: Member, line: string): boolean {
    return this.#add({ line, isSaid: true, except: [member.connection.id] })
  }

  /** When the spool is full it is left out: nobody waits for it. */
  announce(line: string, except: readonly Member[]): void {
    this.#add({ line, isSaid: false, except: except.map(({ connection }) => connection.id) })
  }

  async close(drained: AbortSignal): Promise<void> {
    await this.#outbox.close(drained)
    await this.#stream.close()
    this.#spool.close()
  }

  async #connect(options: ServeOptions, signal: AbortSignal): Promise<void> {
    const { log } = this.#context
    this.#stream = await OrderedStream.open(
      {
        servers: options.cluster,
        credentialsFile: options.clusterCredentials,
        caFile: options.clusterCa,
        name: 'sockyard chat',
      },
      {
        name: STREAM,
        history: options.history,
        onMessage: ({ payload }) => this.#deliver(payload),
        onConnected: (isConnected) =>
          isConnected ? log.info({}, 'cluster connected') : log.warn({}, 'cluster disconnected'),
      },
      signal,
    )
    this.#outbox = new Outbox({
      spool: this.#spool,
      publish: (id, payload) => this.#stream.publish(id, payload),
      encode: (lines) => Buffer.from(JSON.stringify({ node: this.#node, lines })),
      onWaiting: (isWaiting) => this.#onWaiting(isWaiting),
    })
  }

  #add(line: StreamLine): boolean {
    return this.#outbox.add(line, JSON.stringify(line).length)
  }

  #onWaiting(isWaiting: boolean): void {
    this.isWaiting = isWaiting
    const line = isWaiting ? messages.waiting : messages.connected
    this.#context.broadcaster.sendToAllBut([], encode(line))
    this.#context.log.warn({ isWaiting }, 'lines wait')
  }

  #deliver(payload: Uint8Array): void {
    const message = parse(payload)
    if (message === undefined) return this.#context.log.warn({}, 'malformed message in the cluster')
    const { broadcaster, history, memberOf } = this.#context
    for (const { line, isSaid, except } of message.lines) {
      const isOurs = message.node === this.#node
      const members = isOurs ? except.flatMap((id) => memberOf(id) ?? []) : []
      if (isSaid) history.add(line)
      if (isSaid) broadcaster.deliver(members, encode(line))
      else broadcaster.sendToAllBut(members, encode(line))
    }
  }
}

function parse(payload: Uint8Array): z.output<typeof streamMessage> | undefined {
  try {
    return streamMessage.safeParse(JSON.parse(Buffer.from(payload).toString())).data
  } catch {
    return undefined
  }
}
