import { endSoon } from './end-soon.ts'
import type { TcpConnection } from './tcp-connection.ts'

/** `idle`: neither side sent anything for `idleMillis`. `first-data`: see `firstDataMillis`. */
export type Expiry = 'idle' | 'first-data'

export interface ExpiryRules {
  /** 0 is never. */
  readonly idleMillis: number
  /** 0 is never. */
  readonly firstDataMillis: number
  /** Asked once, after `firstDataMillis`. */
  readonly isSettled: (connection: TcpConnection) => boolean
  /** The connection is closed afterwards. */
  readonly onExpired: (connection: TcpConnection, reason: Expiry) => void
}

/** Ends connections that are idle, or whose peer does not begin. */
export class ConnectionExpiry {
  readonly #rules: ExpiryRules

  constructor(rules: ExpiryRules) {
    this.#rules = rules
  }

  watch(connection: TcpConnection): void {
    connection.socket.setTimeout(this.#rules.idleMillis, () => this.#expire(connection, 'idle'))
    if (this.#rules.firstDataMillis !== 0) this.#watchFirstData(connection)
  }

  #watchFirstData(connection: TcpConnection): void {
    const timer = setTimeout(() => {
      if (!this.#rules.isSettled(connection)) this.#expire(connection, 'first-data')
    }, this.#rules.firstDataMillis)
    connection.socket.once('close', () => clearTimeout(timer))
  }

  #expire(connection: TcpConnection, reason: Expiry): void {
    this.#rules.onExpired(connection, reason)
    endSoon(connection.socket)
  }
}
