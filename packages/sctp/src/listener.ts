import type { Connection } from './connection.ts'
import { Endpoint } from './endpoint.ts'
import type { EndpointOptions } from './endpoint.ts'
import { routeConnections } from './socket/route-connections.ts'

/**
 * Accepts connections (as `listen` and `accept` on a SOCK_STREAM socket, RFC 6458 section 4.1):
 * iterate over it to get them; the loop ends when the listener is closed.
 */
export class Listener implements AsyncIterable<Connection> {
  readonly #endpoint: Endpoint
  readonly #accepted: Connection[] = []
  #closed = false
  #wake: (() => void) | undefined

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    const keep = (connection: Connection) => {
      this.#accepted.push(connection)
      this.#wake?.()
    }
    endpoint.on('closed', () => {
      this.#closed = true
      this.#wake?.()
    })
    routeConnections(endpoint, keep, async () => {})
  }

  /** @throws {Error} of node:dgram, with `code`, when the UDP port cannot be bound */
  static async open(options: Omit<EndpointOptions, 'listen'>): Promise<Listener> {
    return new Listener(await Endpoint.open({ ...options, listen: true }))
  }

  /** Where the listener is bound. */
  address(): ReturnType<Endpoint['address']> {
    return this.#endpoint.address()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void> {
    for (;;) {
      const connection = this.#accepted.shift()
      if (connection) yield connection
      else if (this.#closed) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  /** Shuts all connections down and releases the port; what has not ended by `signal` is aborted. */
  async close(signal?: AbortSignal): Promise<void> {
    await this.#endpoint.close(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]()
  }
}
