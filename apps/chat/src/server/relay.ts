import type { ConnectionHandler, TcpConnection } from '@sockyard/net/tcp'

import type { ServeOptions } from '../config.ts'
import { Broadcaster } from './broadcaster.ts'
import { ClientWriter } from './client-writer.ts'
import type { Mode, ModeContext } from './mode.ts'

/** The classic select() server: what one client sends goes byte for byte to all the others, and nothing else is sent. */
export class Relay implements Mode {
  readonly idleMillis: number
  readonly #options: ServeOptions
  readonly #log: ModeContext['log']
  readonly #clients = new Map<TcpConnection, ClientWriter>()
  readonly #broadcaster: Broadcaster

  constructor(options: ServeOptions, { metrics, log }: ModeContext) {
    this.idleMillis = options.idleTimeout
    this.#options = options
    this.#log = log
    this.#broadcaster = new Broadcaster(options, metrics, ({ connection }, reason) => {
      metrics.dropped(reason)
      log.warn({ address: connection.address, reason }, 'dropped')
    })
  }

  accept(connection: TcpConnection): ConnectionHandler {
    const client = new ClientWriter(connection, this.#options)
    this.#clients.set(connection, client)
    this.#broadcaster.add(client)
    const { id, address } = connection
    this.#log.info({ id, address }, 'connected')
    return {
      onData: (_connection, bytes) => this.#relay(client, bytes),
      onEnd: () => this.#broadcaster.remove(client),
      onDrain: () => client.drained(),
      onClose: () => {
        this.#clients.delete(connection)
        this.#broadcaster.forget(client)
        this.#log.info({ id, address }, 'disconnected')
      },
    }
  }

  rejectionMessage(): undefined {
    return undefined
  }

  disconnect(connection: TcpConnection): void {
    const client = this.#clients.get(connection)
    if (client !== undefined) this.#broadcaster.remove(client)
  }

  sweep(now: number): void {
    this.#broadcaster.disconnectSlowReaders(now)
  }

  #relay(client: ClientWriter, bytes: Uint8Array): void {
    // What was received is valid during this call only.
    const piece = bytes.slice()
    if (this.#broadcaster.isOpen) return this.#broadcaster.sendToOthers(client, piece)
    client.waitingBytes = piece.length
    this.#broadcaster.wait(client, () => {
      client.waitingBytes = 0
      this.#broadcaster.sendToOthers(client, piece)
    })
  }
}
