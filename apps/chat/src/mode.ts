import type { Socket } from 'node:net'

import type { ConnectionRefusal } from '@sockyard/service/connection-counts'
import type { LimitedLog } from '@sockyard/service/limited-log'
import type { TcpConnection } from '@sockyard/service/tcp-server'

import type { ChatMetrics } from './metrics.ts'

/** What is made of the connections: a chat, or a relay. */
export interface Mode {
  /** After so long without a byte in either direction a connection is closed; 0 is never. */
  idleMillis: number
  enter(connection: TcpConnection): void
  /** The last words to somebody who is not let in. */
  refuse(socket: Socket, reason: ConnectionRefusal): void
  /** We are about to stop: the last words, and FIN. */
  dismiss(connection: TcpConnection): void
  /** To be called often enough for the shortest of the limits. */
  sweep(now: number): void
}

export interface ModeTools {
  metrics: ChatMetrics
  log: LimitedLog
}
