import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How many connections there may be, asked for each new one. */
export interface ConnectionLimits {
  /** In all: a new one takes the place of the one that has been quiet or slow for the longest. */
  connections: () => number
  /** Of them, those that stay open, and are never displaced: the rest is for short requests. */
  streams: () => number
}

type State = 'idle' | 'busy' | 'stream'

/** The connections of an HTTP server: bounded, one request at a time on each, and always room for one more. */
export class HttpConnections {
  /** In the order in which they were last heard. */
  readonly #states = new Map<Socket, State>()
  readonly #limits: ConnectionLimits

  constructor(server: Server, limits: ConnectionLimits) {
    this.#limits = limits
    server.on('connection', (socket) => this.#add(socket))
  }

  /**
   * To be called for each request.
   *
   * @returns false when an answer is under way on this connection: pipelining (RFC 9112, section 9.3.2) would queue
   *   without bound. The connection is destroyed
   */
  begin({ socket }: IncomingMessage, response: ServerResponse): boolean {
    if (this.#states.get(socket) !== 'idle') {
      socket.destroy()
      return false
    }
    this.#set(socket, 'busy')
    response.once('finish', () => this.#states.has(socket) && this.#set(socket, 'idle'))
    return true
  }

  /** @returns false when there are as many streams as there may be */
  beginStream({ socket }: IncomingMessage): boolean {
    const streams = [...this.#states.values()].filter((state) => state === 'stream').length
    if (streams >= this.#limits.streams()) return false
    this.#set(socket, 'stream')
    return true
  }

  #add(socket: Socket): void {
    if (this.#states.size >= this.#limits.connections())
      (this.#oldest('idle') ?? this.#oldest('busy'))?.destroy()
    this.#states.set(socket, 'idle')
    socket.once('close', () => this.#states.delete(socket))
  }

  #oldest(wanted: State): Socket | undefined {
    for (const [socket, state] of this.#states)
      if (state === wanted && !socket.destroyed) return socket
    return undefined
  }

  #set(socket: Socket, state: State): void {
    this.#states.delete(socket)
    this.#states.set(socket, state)
  }
}
