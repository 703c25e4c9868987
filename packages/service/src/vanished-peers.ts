import type { Socket } from 'node:net'
import { platform } from 'node:os'

import { ClosedDescriptorError } from '@sockyard/posix/descriptor'
import { NativeCallsMissingError } from '@sockyard/posix/libc'
import type { NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import { tcpSilenceMillis } from '@sockyard/posix/tcp-silence'

import type { LimitedLog } from './limited-log.ts'

/** A connection of Node's, or of our own engine. */
interface Watched {
  readonly socket: Socket | NativeSocket
}

const LONGEST_PERIOD_MILLIS = 10_000

/**
 * Ends connections whose peer's kernel was not heard for too long. Keepalive does that for idle connections
 * only: with data unacknowledged Linux goes on for 15 minutes (tcp(7), tcp_retries2). A peer that lives and
 * does not read answers window probes, at least every 120 s, and is left alone.
 *
 * @param options.silenceMillis more than 120,000 in earnest; a connection ends at most 10 s after it
 * @returns what stops the watch
 */
export function endVanishedPeers<Connection extends Watched>(options: {
  connections: ReadonlySet<Connection>
  silenceMillis: number
  log: Pick<LimitedLog, 'warn'>
  onVanished: (connection: Connection) => void
}): () => void {
  const { connections, silenceMillis, log, onVanished } = options
  if (platform() !== 'linux') return () => {}
  const timer = setInterval(
    () => {
      try {
        for (const connection of connections)
          if (silence(connection) > silenceMillis) onVanished(connection)
      } catch (error) {
        if (!(error instanceof NativeCallsMissingError)) throw error
        clearInterval(timer)
        log.warn({ error: error.message }, 'peers that vanish are noticed late')
      }
    },
    Math.min(LONGEST_PERIOD_MILLIS, silenceMillis / 4),
  )
  timer.unref()
  return () => clearInterval(timer)
}

/** A socket that closed in the meantime is not silent, it is gone. */
function silence(connection: Watched): number {
  try {
    return tcpSilenceMillis(connection.socket)
  } catch (error) {
    if (error instanceof SystemCallError || error instanceof ClosedDescriptorError) return 0
    throw error
  }
}
