import type { RejectReason } from '@sockyard/net/access'
import type { LimitedLog } from '@sockyard/net/log'
import type { ConnectionHandler, TcpConnection } from '@sockyard/net/tcp'

import type { ChatMetrics } from './metrics.ts'

/** What is done with the connections: a chat, or a relay. */
export interface Mode {
  /** After so long without a byte in either direction a connection is closed; 0 is never. */
  idleMillis: number
  /** Before the first connection; `signal` ends the attempt. */
  start?(signal: AbortSignal): Promise<void>
  /** After the last one, until `drained`. */
  stop?(drained: AbortSignal): Promise<void>
  /** A connection was accepted. */
  accept(connection: TcpConnection): ConnectionHandler
  /** What a rejected peer reads. */
  rejectionMessage(reason: RejectReason): Uint8Array | undefined
  /** The server stops: a last message, and FIN. */
  disconnect(connection: TcpConnection): void
  /** To be called often enough for the shortest of the time limits. */
  sweep(now: number): void
}

export interface ModeContext {
  metrics: ChatMetrics
  log: LimitedLog
}
