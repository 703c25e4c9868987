import type { Socket } from 'node:net'

/** One peer. The socket has an error listener, no Nagle delay and keepalive; what it carries is the app's. */
export interface TcpConnection {
  /** 1, 2, 3 … in the order of arrival. */
  readonly id: number
  readonly socket: Socket
  /** The peer's address; an IPv4-mapped one is shown as IPv4. */
  readonly address: string
  readonly port: number
}
