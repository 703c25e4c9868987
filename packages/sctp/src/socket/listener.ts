import { AssociationClosedError } from '../association/errors.ts'
import type { Notification } from '../association/notification.ts'
import { Connection } from './connection.ts'
import { Endpoint, type EndpointOptions, type Peer } from './endpoint.ts'
import { sourceAddress } from './local-addresses.ts'

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

  /** @throws {NetworkError} when the UDP port cannot be bound; AddressInUseError when it is taken */
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

/** The peer, and the local binding: by default any free ports. */
export interface ConnectOptions extends Peer {
  local?: Partial<EndpointOptions>
}

const FIRST_DYNAMIC_PORT = 49_152
const DYNAMIC_PORTS = 16_384

/**
 * Sets up a connection on an endpoint of its own (as `connect` on a SOCK_STREAM socket, RFC 6458).
 * @throws {AssociationError} when the peer does not answer or refuses
 * @throws {NetworkError} when our own port cannot be bound
 * @throws {Error} of node:dgram, with `code`, when there is no route
 * @throws the signal's reason when it is aborted
 */
export async function connect({ local = {}, ...peer }: ConnectOptions): Promise<Connection> {
  const host = local.host ?? (await sourceAddress(peer.host))
  // The UDP port already tells endpoints apart: the SCTP port only has to be a dynamic one.
  const port = local.port ?? FIRST_DYNAMIC_PORT + Math.floor(Math.random() * DYNAMIC_PORTS)
  const endpoint = await Endpoint.open({ udpPort: 0, ...local, host, port })
  try {
    let established: Connection | undefined
    const keep = (connection: Connection) => {
      established = connection
    }
    routeConnections(endpoint, keep, () => endpoint.close())
    const association = await endpoint.associate(peer)
    if (established) return established
    throw new AssociationClosedError(association)
  } catch (error) {
    await endpoint.close()
    throw error
  }
}

/**
 * Makes a `Connection` of every association that comes up on an endpoint, and gives each what is its
 * own. `onClosed` is called by a connection that was closed on this side.
 */
function routeConnections(
  endpoint: Endpoint,
  onConnection: (connection: Connection) => void,
  onClosed: () => Promise<void>,
): void {
  const connections = new Map<number, Connection>()
  endpoint.on('message', (message) => connections.get(message.association)?.receive(message))
  endpoint.on('notification', (notification: Notification) => {
    const { association, type } = notification
    if (type === 'association-up' && !notification.restarted) {
      const connection = new Connection(endpoint, notification, onClosed)
      connections.set(association, connection)
      onConnection(connection)
    }
    connections.get(association)?.take(notification)
    if (type === 'shutdown-complete' || type === 'association-lost') connections.delete(association)
  })
}
