import type { ConnectionHandler } from '../src/tcp/tcp-connection.ts'

/** The echo service of RFC 862: reads only as fast as the peer takes its own bytes back. */
export const echo: ConnectionHandler = {
  onData(connection, bytes) {
    if (!connection.write(bytes)) connection.pause()
  },
  onDrain: (connection) => connection.resume(),
  onEnd: (connection) => connection.end(),
}
