import type { ConnectionHandler } from './tcp-connection.ts'

/** The echo service (RFC 862): reads only as fast as the peer takes its own bytes back, and answers FIN with FIN. */
export const echo: ConnectionHandler = {
  onData(connection, bytes) {
    if (!connection.write(bytes)) connection.pause()
  },
  onDrain: (connection) => connection.resume(),
}
