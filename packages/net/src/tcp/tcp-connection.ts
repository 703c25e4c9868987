import type { Socket } from 'node:net'

import type { NativeSocket } from '@sockyard/posix/socket'

import type { RejectReason } from '../access/connection-limiter.ts'

/** One TCP connection (RFC 9293), whichever engine moves its bytes. */
export interface TcpConnection {
  /** 1, 2, 3 … in the order in which connections were accepted. */
  readonly id: number
  /** The peer's; an IPv4-mapped one is shown as IPv4, a link-local one with its zone. */
  readonly address: string
  readonly port: number
  readonly localAddress: string
  readonly localPort: number
  /** When it was accepted, milliseconds of `performance.now()`. */
  readonly since: number
  /** When a byte last went either way, milliseconds of `performance.now()`. */
  readonly lastActivityAt: number
  readonly bytesReceived: number
  /** Taken by the kernel. */
  readonly bytesSent: number
  /** Written, and not yet taken by the kernel. */
  readonly queuedBytes: number
  /** False once `end`, `destroy` or `abort` was called or the connection has failed. */
  readonly isWritable: boolean
  /** For socket options, and to give it to a child process (`stdio`). Never read, written or closed directly. */
  readonly socket: Socket | NativeSocket
  /**
   * Sends at once what the kernel takes and keeps the rest. Bytes that `onData` has given are copied for that; all
   * others must not be changed afterwards. After `end` or a failure nothing happens.
   *
   * @returns false when something is kept: wait for `onDrain`
   */
  write(bytes: Uint8Array): boolean
  /** A FIN after what is queued (half-close, RFC 9293, 3.6): the peer may go on sending. */
  end(): void
  /** Nothing is read, and no FIN is noticed, until `resume`; then the peer's window stops it. */
  pause(): void
  resume(): void
  /**
   * A FIN after what is queued; what still comes is discarded (unread, it would turn the FIN into a RST). The
   * connection is destroyed when the peer has not ended it either after `timeoutMillis`, 1,000 by default.
   */
  lingeringClose(timeoutMillis?: number): void
  /** Closes it now; what is queued here is lost. */
  destroy(): void
  /** Closes it with a RST (SO_LINGER of 0 s, socket(7)): what is queued in the kernel is lost too. */
  abort(): void
}

/** What is done with one connection. No method is called from within a call of a connection's own. */
export interface ConnectionHandler {
  /** @param bytes valid during the call only */
  onData(connection: TcpConnection, bytes: Uint8Array): void
  /** The peer's FIN. By default the connection is ended as well. */
  onEnd?(connection: TcpConnection): void
  /** All that was written has been taken by the kernel, after a `write` that answered false. */
  onDrain?(connection: TcpConnection): void
  /** It is over; `error` when it failed, such as by a RST. */
  onClose?(connection: TcpConnection, error: Error | undefined): void
}

/** Why a connection was closed by a timeout. */
export type ExpiryReason = 'idle' | 'first-data' | 'vanished'

/** What a service says over its connections. */
export interface TcpProtocol {
  /**
   * A connection was accepted.
   *
   * @returns undefined when it is not to be read: it was given away, or is closed before this returns
   */
  onConnection(connection: TcpConnection): ConnectionHandler | undefined
  /** What a client reads whose connection is rejected. By default a FIN alone. */
  rejectionMessage?(reason: RejectReason): Uint8Array | undefined
  /** What a client reads whose connection is closed as idle. By default a FIN alone. */
  expiryMessage?(connection: TcpConnection, reason: ExpiryReason): Uint8Array | undefined
  /** The server stops: send a last message, and end the connection when its work is done. */
  onStopping?(connection: TcpConnection): void
  /** After each poll in which something happened to connections: what was gathered can be sent in one batch. */
  afterPoll?(): void
}
